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
    router_.Add("DELETE", "/api/topic/:name", nothing);
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

TEST_F(RouterTest, AParameterIsTheRestOfThePath) {
  for (const char* target : {"/api/topic/a", "/api/topic/a%2Fb", "/api/topic/a/b",
                             "/api/topic/:", "/api/topic/%0D%0A", "//api//topic//a"}) {
    const HttpRouter::Match match = Find("DELETE", target);
    EXPECT_NE(match.handler, nullptr) << target;
    EXPECT_EQ(match.route, "/api/topic/:name") << target;
  }
  for (const char* target : {"/api/topic", "/api/topic/", "/api/topics/a", "/api/topi"})
    EXPECT_EQ(Find("DELETE", target).answer.status, 404) << target;
  EXPECT_EQ(Find("GET", "/api/topic/a").answer.status, 404);
}

// The client wrote the parameter, and a header must not carry what it likes.
TEST_F(RouterTest, AParameterIsRedirectedEncoded) {
  const HttpRouter::Match match = Find("DELETE", "/api/topic/a%0D%0Ax:%20%C3%A4~/?q=1");
  EXPECT_EQ(match.answer.status, 307);
  EXPECT_EQ(match.answer.location, "/api/topic/a%0D%0Ax%3A%20%C3%A4~?q=1");
  EXPECT_EQ(match.route, "/api/topic/:name");
}

}  // namespace
}  // namespace saga::api
