// What a client asks first: is somebody there, who is it, and a gid (protocol 1.2, 1.6).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "dtmgimp/dtm.pb.h"
#include "tests/conformance/stage/grpc.h"
#include "tests/conformance/stage/stage_test.h"

namespace saga::conformance {
namespace {

constexpr char kJson[] = "application/json; charset=utf-8";
// 22 characters of the alphabet without those that look alike; fewer when leading ones are nothing.
constexpr char kGid[] =
    "[23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz]{16,22}";  // protocol 8.1

using Identity = StageTest;

TEST_F(Identity, VersionIsText) {
  const HttpAnswer answer = Get("version");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), kJson);
  ASSERT_TRUE(answer.json().is_object()) << answer.body;
  EXPECT_EQ(answer.json().size(), 1U);
  EXPECT_FALSE(answer.json().value("version", "").empty());
}

TEST_F(Identity, NewGidOverHttp) {
  std::set<std::string> gids;
  for (int i = 0; i < 20; ++i) {
    const HttpAnswer answer = Get("newGid");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("content-type"), kJson);
    const nlohmann::json body = answer.json();
    ASSERT_EQ(body.size(), 2U) << answer.body;
    EXPECT_EQ(body["dtm_result"], "SUCCESS");
    EXPECT_THAT(body["gid"].get<std::string>(), testing::MatchesRegex(kGid));
    gids.insert(body["gid"].get<std::string>());
  }
  EXPECT_EQ(gids.size(), 20U);
}

TEST_F(Identity, NewGidOverGrpc) {
  std::set<std::string> gids;
  for (int i = 0; i < 5; ++i) {
    const GrpcAnswer answer = Grpc(server().grpc(), "/dtmgimp.Dtm/NewGid", "");
    ASSERT_EQ(answer.code, 0) << answer.message;
    dtmgimp::DtmGidReply reply;
    ASSERT_TRUE(reply.ParseFromString(answer.body));
    EXPECT_THAT(reply.gid(), testing::MatchesRegex(kGid));
    gids.insert(reply.gid());
  }
  EXPECT_EQ(gids.size(), 5U);
}

// A new gid opens nothing: it is only a name.
TEST_F(Identity, NewGidOpensNothing) {
  const std::string gid = Get("newGid").json().value("gid", "");
  EXPECT_TRUE(Query(gid)["transaction"].is_null());
}

// Probes use any method (protocol 1.2, 11.2 #1).
TEST_F(Identity, PingByAnyMethod) {
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const HttpAnswer answer = Http(server().http(), method, "/api/ping");
    EXPECT_EQ(answer.status, 200) << method;
    EXPECT_EQ(answer.body, R"({"msg":"pong"})") << method;
    EXPECT_EQ(answer.headers.at("content-type"), kJson);
  }
  EXPECT_EQ(Http(server().http(), "HEAD", "/api/ping").status, 200);
}

}  // namespace
}  // namespace saga::conformance
