#include "orchestrator/api/http_router.h"

#include "gtest/gtest.h"

namespace saga::api {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    const auto nothing = [](HttpRequest, HttpResponder) {};
    router_.Add("GET", "/api/query", nothing);
    router_.Add("POST", "/api/submit", nothing);
    router_.Add(HttpRouter::kAnyMethod, "/api/ping", nothing);
  }

  HttpRouter::Match Find(const std::string& method, const std::string& target) {
    HttpRequest request{.method = method};
    EXPECT_TRUE(ReadTarget(target, request).ok());
    return router_.Find(request);
  }

  HttpRouter router_;
};

TEST_F(RouterTest, FindsByMethodAndPath) {
  EXPECT_NE(Find("GET", "/api/query?gid=1").handler, nullptr);
  EXPECT_EQ(Find("GET", "/api/query?gid=1").route, "/api/query");
  EXPECT_NE(Find("POST", "/api/submit").handler, nullptr);
  EXPECT_NE(Find("POST", "//api//submit").handler, nullptr);
  for (const char* method : {"GET", "POST", "HEAD", "OPTIONS", "DELETE", "BREW"}) {
    EXPECT_NE(Find(method, "/api/ping").handler, nullptr) << method;
  }
}

TEST_F(RouterTest, UnknownPathAndWrongMethodAreTheSame404) {
  for (const auto& [method, target] :
       {std::pair("GET", "/api/nothing"), std::pair("GET", "/api/submit"),
        std::pair("POST", "/api/query"), std::pair("HEAD", "/api/query"),
        std::pair("get", "/api/query"), std::pair("GET", "/"), std::pair("OPTIONS", "*"),
        std::pair("GET", "/api/Query"), std::pair("POST", "/api/query/")}) {
    const HttpRouter::Match match = Find(method, target);
    EXPECT_EQ(match.handler, nullptr) << method << target;
    EXPECT_EQ(match.answer.status, 404) << method << target;
    EXPECT_EQ(match.answer.body, "404 page not found");
    EXPECT_EQ(match.answer.content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(match.route, "other");
  }
}

TEST_F(RouterTest, RedirectsOneSlashTooMany) {
  const HttpRouter::Match get = Find("GET", "/api/query/?gid=a%20b");
  EXPECT_EQ(get.answer.status, 301);
  EXPECT_EQ(get.answer.location, "/api/query?gid=a%20b");
  EXPECT_EQ(get.route, "/api/query");
  const HttpRouter::Match post = Find("POST", "/api/submit/");
  EXPECT_EQ(post.answer.status, 307);
  EXPECT_EQ(post.answer.location, "/api/submit");
}

}  // namespace
}  // namespace saga::api
