// Which paths there are, by which method, and what is answered elsewhere (protocol 1.2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/stage/differences.h"
#include "tests/conformance/wire/door_test.h"

namespace saga::conformance {
namespace {

using testing::StartsWith;

class Routes : public DoorTest {
 protected:
  static HttpAnswer Ask(const std::string& method, const std::string& path,
                        const std::string& body = "") {
    return Http(server().http(), method, path, body);
  }

  static void ExpectNotFound(const std::string& method, const std::string& path) {
    const HttpAnswer answer = Ask(method, path, method == "POST" ? "{}" : "");
    EXPECT_EQ(answer.status, 404) << method << " " << path;
    EXPECT_EQ(answer.body, "404 page not found") << method << " " << path;
    EXPECT_THAT(answer.headers.at("content-type"), StartsWith("text/plain"));
  }
};

const std::vector<std::pair<std::string, std::string>>& AllRoutes() {
  static const auto* const routes = new std::vector<std::pair<std::string, std::string>>{
      {"GET", "version"},
      {"GET", "newGid"},
      {"POST", "prepare"},
      {"POST", "submit"},
      {"POST", "abort"},
      {"POST", "forceStop"},
      {"POST", "registerBranch"},
      {"POST", "registerXaBranch"},
      {"POST", "prepareWorkflow"},
      {"POST", "registerTccBranch"},
      {"GET", "query"},
      {"GET", "all"},
      {"GET", "resetCronTime"},
      {"POST", "resetNextCronTime"},
      {"GET", "subscribe"},
      {"GET", "unsubscribe"},
      {"DELETE", "topic/a"},
      {"GET", "scanKV"},
      {"GET", "queryKV"},
  };
  return *routes;
}

TEST_F(Routes, EveryRouteIsThere) {
  for (const auto& [method, route] : AllRoutes()) {
    const HttpAnswer answer = Ask(method, "/api/dtmsvr/" + route, method == "POST" ? "{}" : "");
    EXPECT_NE(answer.status, 404) << method << " " << route;
    EXPECT_NE(answer.status, 0) << method << " " << route;
  }
}

TEST_F(Routes, AnotherMethodIsNotFound) {
  for (const auto& [method, route] : AllRoutes()) {
    for (const char* other : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
      if (method != other) ExpectNotFound(other, "/api/dtmsvr/" + route);
    }
  }
  ExpectNotFound("GET", "/api/json-rpc");
  ExpectNotFound("POST", "/api/metrics");
}

TEST_F(Routes, AnotherPathIsNotFound) {
  for (const char* path : {"/nothing", "/api", "/api/dtmsvr", "/api/dtmsvr/", "/api/dtmsvr/nothing",
                           "/api/dtmsvr/newgid", "/API/dtmsvr/newGid", "/api/dtmsvr/newGid/more",
                           "/api/dtmsvr/scanTopics", "/api/dtmsvr/topic/"}) {
    ExpectNotFound("GET", path);
    ExpectNotFound("POST", path);
  }
  ExpectNotFound("DELETE", "/api/dtmsvr/topic/");
}

TEST_F(Routes, OneSlashTooManyIsRedirected) {
  const HttpAnswer get = Ask("GET", "/api/dtmsvr/query/?gid=a");
  EXPECT_EQ(get.status, 301);
  EXPECT_EQ(get.headers.at("location"), "/api/dtmsvr/query?gid=a");
  const HttpAnswer post = Ask("POST", "/api/dtmsvr/submit/", "{}");
  EXPECT_EQ(post.status, 307);
  EXPECT_EQ(post.headers.at("location"), "/api/dtmsvr/submit");
  EXPECT_EQ(Ask("GET", "/api/ping/").status, 301);
}

// C# hands out a `dtm` parameter that ends in a slash; what it calls registers at
// .../api/dtmsvr//registerBranch (protocol 8.3).
TEST_F(Routes, DoubledSlash) {
  if (Differs("doubled-slash", server())) {
    ExpectNotFound("GET", "/api/dtmsvr//newGid");
    ExpectNotFound("GET", "//api//dtmsvr/newGid");
    ExpectNotFound("POST", "/api/dtmsvr//registerBranch");
    return;
  }
  EXPECT_EQ(Ask("GET", "/api/dtmsvr//newGid").status, 200);
  EXPECT_EQ(Ask("GET", "//api//dtmsvr/newGid").status, 200);
  const std::string gid = Open("tcc", "prepared");
  EXPECT_THAT(Ask("POST", "/api/dtmsvr//registerBranch", Branch("tcc", gid, "02", "/ok").dump()),
              IsSuccess());
  EXPECT_EQ(Query(gid)["branches"].size(), 4U);
}

// Bodies are JSON whatever their header says.
TEST_F(Routes, ContentTypeIsNotLookedAt) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                           "application/json; charset=gbk", "nonsense"}) {
    const std::string gid = NewGid("content-type");
    EXPECT_THAT(Http(server().http(), "POST", "/api/dtmsvr/prepare", Bare("tcc", gid).dump(),
                     {{"Content-Type", type}}),
                IsSuccess())
        << type;
    EXPECT_THAT(Http(server().http(), "POST", "/api/dtmsvr/registerBranch",
                     Branch("tcc", gid, "01", "/ok").dump(), {{"Content-Type", type}}),
                IsSuccess())
        << type;
  }
}

// The three names of one route (protocol 2.3).
TEST_F(Routes, RegisterBranchHasAliases) {
  const std::string tcc = Open("tcc", "prepared");
  const std::string xa = Open("xa", "prepared");
  int number = 10;
  for (const char* route : {"registerBranch", "registerTccBranch", "registerXaBranch"}) {
    const std::string branch_id = absl::StrCat(++number);
    EXPECT_THAT(Post(route, Branch("tcc", tcc, branch_id, "/ok")), IsSuccess()) << route;
    EXPECT_THAT(Post(route, Branch("xa", xa, branch_id, "/ok")), IsSuccess()) << route;
  }
  EXPECT_EQ(Query(tcc)["branches"].size(), 8U);
  EXPECT_EQ(Query(xa)["branches"].size(), 8U);
}

}  // namespace
}  // namespace saga::conformance
