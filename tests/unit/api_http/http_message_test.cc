#include "orchestrator/api/http_message.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace saga::api {
namespace {

class KeepingSink : public HttpSink {
 public:
  void Send(HttpResponse response) override { responses.push_back(std::move(response)); }
  std::vector<HttpResponse> responses;
};

TEST(ReadTarget, SplitsPathAndQuery) {
  HttpRequest request;
  ASSERT_TRUE(ReadTarget("/api/dtmsvr/all?gid=a%2Fb&limit=10&empty=&bare", request).ok());
  EXPECT_EQ(request.path, "/api/dtmsvr/all");
  EXPECT_EQ(request.raw_query, "gid=a%2Fb&limit=10&empty=&bare");
  EXPECT_EQ(request.Query("gid"), "a/b");
  EXPECT_EQ(request.Query("limit"), "10");
  EXPECT_EQ(request.Query("empty"), "");
  EXPECT_EQ(request.Query("bare"), "");
  EXPECT_EQ(request.Query("absent"), "");
  EXPECT_EQ(request.query.size(), 4u);
}

TEST(ReadTarget, DecodesBlanksAndBytesInQueries) {
  HttpRequest request;
  ASSERT_TRUE(ReadTarget("/q?gid=a+b%20c%27%27&%67id2=x&u=%e4%BD%a0", request).ok());
  EXPECT_EQ(request.Query("gid"), "a b c''");
  EXPECT_EQ(request.Query("gid2"), "x");
  EXPECT_EQ(request.Query("u"), "你");
}

TEST(ReadTarget, TakesTheFirstOfRepeatedParameters) {
  HttpRequest request;
  ASSERT_TRUE(ReadTarget("/q?gid=first&gid=second", request).ok());
  EXPECT_EQ(request.Query("gid"), "first");
}

TEST(ReadTarget, PassesOverBrokenParametersOnly) {
  HttpRequest request;
  ASSERT_TRUE(ReadTarget("/q?a=%zz&b=%4&c=x;y&=n&gid=g&&", request).ok());
  EXPECT_EQ(request.Query("gid"), "g");
  EXPECT_EQ(request.Query("a"), "");
  EXPECT_EQ(request.Query("c"), "");
  EXPECT_EQ(request.query.size(), 2u);
}

TEST(ReadTarget, DecodesAndCleansThePath) {
  const auto path = [](std::string_view target) {
    HttpRequest request;
    return ReadTarget(target, request).ok() ? request.path : "refused";
  };
  EXPECT_EQ(path("/api/new%47id"), "/api/newGid");
  EXPECT_EQ(path("/api/dtmsvr//registerBranch"), "/api/dtmsvr/registerBranch");
  EXPECT_EQ(path("///a////b//"), "/a/b/");
  EXPECT_EQ(path("/a+b"), "/a+b");
  EXPECT_EQ(path("http://host:36789/api/ping?x=1"), "/api/ping");
  EXPECT_EQ(path("http://host:36789"), "/");
  EXPECT_EQ(path("*"), "*");
  EXPECT_EQ(path(""), "");
  EXPECT_EQ(path("/a%2"), "refused");
  EXPECT_EQ(path("/a%gg"), "refused");
}

TEST(HttpMessage, IsJsonWhateverTheText) {
  EXPECT_EQ(HttpMessage(500, "say \"no\"\n").body, R"({"message":"say \"no\"\n"})");
  EXPECT_EQ(HttpMessage(500, "\xff").body, "{\"message\":\"\xef\xbf\xbd\"}");
  EXPECT_EQ(HttpMessage(413, "x").status, 413);
  EXPECT_EQ(HttpMessage(413, "x").content_type, "application/json; charset=utf-8");
}

TEST(HttpResponder, AnswersWhenDropped) {
  auto sink = std::make_shared<KeepingSink>();
  { const HttpResponder dropped(sink); }
  ASSERT_EQ(sink->responses.size(), 1u);
  EXPECT_EQ(sink->responses[0].status, 500);
}

TEST(HttpResponder, AnswersOnce) {
  auto sink = std::make_shared<KeepingSink>();
  {
    HttpResponder first(sink);
    HttpResponder second(std::move(first));
    second.Send({.status = 204});
  }
  ASSERT_EQ(sink->responses.size(), 1u);
  EXPECT_EQ(sink->responses[0].status, 204);
}

TEST(HttpResponderDeathTest, SecondAnswerIsABrokenInvariant) {
  HttpResponder responder(std::make_shared<KeepingSink>());
  responder.Send({});
  EXPECT_DEATH(responder.Send({}), "sink_");
}

}  // namespace
}  // namespace saga::api
