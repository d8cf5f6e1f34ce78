// What a branch is sent over HTTP (protocol 3.2, 3.5).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class HttpCalls : public ModeTest {
 protected:
  // A saga of one step, submitted; its calls.
  std::vector<Call> CallsOfSaga(const std::string& action, const std::string& payload,
                                const Json& more = Json::object()) {
    Json body = Saga({{"steps", Json::array({{{"action", action}, {"compensate", ""}}})},
                      {"payloads", Json::array({payload})}});
    body.update(more);
    EXPECT_TRUE(IsSuccess(Post("submit", body)));
    EXPECT_TRUE(Called(1));
    return Calls();
  }

  std::string QueryOf(const std::string& branch_id, const std::string& op,
                      const std::string& trans_type = "saga") const {
    return absl::StrCat("branch_id=", branch_id, "&gid=", gid(), "&op=", op,
                        "&trans_type=", trans_type);
  }
};

TEST_F(HttpCalls, APayloadIsPostedAsItIs) {
  const std::string payload = "not JSON \"\\ \t\n \u00e9\u4e16 <&>";
  const std::vector<Call> calls = CallsOfSaga(Url("a"), payload);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].transport, "http");
  EXPECT_EQ(calls[0].method, "POST");
  EXPECT_EQ(calls[0].path, absl::StrCat("/", gid(), "/a"));
  EXPECT_EQ(calls[0].query, QueryOf("01", "action"));
  EXPECT_EQ(calls[0].body, payload);
  EXPECT_EQ(calls[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(calls[0].headers.at("accept"), "application/json");
  EXPECT_EQ(calls[0].headers.at("content-length"), absl::StrCat(payload.size()));
  for (const auto& [name, value] : calls[0].headers) EXPECT_NE(name.substr(0, 4), "dtm-") << value;
}

TEST_F(HttpCalls, WithoutPayloadItIsAGet) {
  const std::vector<Call> calls = CallsOfSaga(Url("a"), "");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].method, "GET");
  EXPECT_EQ(calls[0].query, QueryOf("01", "action"));
  EXPECT_EQ(calls[0].body, "");
  EXPECT_EQ(calls[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(calls[0].headers.count("content-length"), 0u);
}

// What Go's client makes of a payload that is nil.
TEST_F(HttpCalls, NullIsAPayload) {
  const std::vector<Call> calls = CallsOfSaga(Url("a"), "null");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].method, "POST");
  EXPECT_EQ(calls[0].body, "null");
}

TEST_F(HttpCalls, TheQueryOfTheUrlComesFirstAndStays) {
  const std::vector<Call> calls = CallsOfSaga(Url("a") + "?z=1&gid=mine", kPayload);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].query, "z=1&gid=mine&" + QueryOf("01", "action"));
}

TEST_F(HttpCalls, AGidOfAnyLettersIsEscaped) {
  const std::string odd = gid() + " 'a' & \"b\"/\u00e9+";
  Json body = Saga({{"gid", odd}});
  ASSERT_TRUE(IsSuccess(Post("submit", body)));
  ASSERT_TRUE(EndsAs(odd, "succeed"));
  const std::vector<Call> calls = recorder().CallsOf(odd);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].query,
            absl::StrCat("branch_id=01&gid=", gid(),
                         "+%27a%27+%26+%22b%22%2F%C3%A9%2B&op=action&trans_type=saga"));
}

TEST_F(HttpCalls, ActionAndCompensationGetTheSamePayload) {
  Answers("in", {Failure()});
  Json body = Saga({{"payloads", {"first", "second"}}});
  ASSERT_TRUE(IsSuccess(Post("submit", body)));
  ASSERT_TRUE(Ends("failed"));
  std::vector<std::string> seen;
  for (const Call& call : Calls()) seen.push_back(call.query + " " + call.body);
  EXPECT_THAT(
      seen,
      ElementsAre(QueryOf("01", "action") + " first", QueryOf("02", "action") + " second",
                  QueryOf("02", "compensate") + " second", QueryOf("01", "compensate") + " first"));
}

TEST_F(HttpCalls, BranchHeadersComeOnTheFirstCallAndOnLaterOnes) {
  Answers("a", {Ongoing(), {}});
  CallsOfSaga(Url("a"), kPayload,
              {{"branch_headers",
                {{"test_header", "test"}, {"X-Tenant", "a b"}, {"content-type", "text/plain"}}}});
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 2u);
  for (const Call& call : calls) {
    EXPECT_EQ(call.headers.at("test_header"), "test");
    EXPECT_EQ(call.headers.at("x-tenant"), "a b");
    EXPECT_EQ(call.headers.at("content-type"), "text/plain");
  }
}

TEST_F(HttpCalls, WithoutBranchHeadersNoneArrive) {
  const std::vector<Call> calls = CallsOfSaga(Url("a"), kPayload);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].headers.count("test_header"), 0u);
}

// request_timeout is one branch call's: the second answer counts.
TEST_F(HttpCalls, AnAnswerThatDoesNotComeInTimeIsNoAnswer) {
  Answers("a", {Hang(), {}});
  CallsOfSaga(Url("a"), kPayload, {{"request_timeout", 1}});
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_GE(calls[1].arrived - calls[0].arrived, absl::Seconds(1));
}

TEST_F(HttpCalls, NobodyThereIsAnUnknownResult) {
  Json body =
      Saga({{"wait_result", true}, {"steps", Json::array({{{"action", "http://127.0.0.1:1/x"}}})}});
  EXPECT_TRUE(IsFailure(Post("submit", body), kNotYet));
  EXPECT_EQ(Status(), "submitted");
  EXPECT_EQ(Rows(), "PP");
}

TEST_F(HttpCalls, RedirectsAreFollowed) {
  Answers("a", {{.status = 302, .headers = {{"Location", Url("b")}}}});
  Json body = Saga({{"wait_result", true}, {"steps", Json::array({{{"action", Url("a")}}})}});
  EXPECT_TRUE(IsSuccess(Post("submit", body)));
  EXPECT_EQ(recorder().Calls().back().path, absl::StrCat("/", gid(), "/b"));
}

// Of protocol http everything is called over HTTP: an address of a gRPC method is none there.
TEST_F(HttpCalls, AGrpcTargetInAnHttpTransactionIsNotCalled) {
  Json body = Saga({{"wait_result", true}, {"steps", Json::array({{{"action", Target("a")}}})}});
  const HttpAnswer answer = Post("submit", body);
  if (Differs("registry-targets", server())) {
    EXPECT_TRUE(IsFailure(answer, kNotYet));
    EXPECT_EQ(Status(), "submitted");
  } else {
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, testing::HasSubstr("must begin with http:// or https://"));
    EXPECT_EQ(Status(), "");
  }
  EXPECT_THAT(Calls(), testing::IsEmpty());
}

TEST_F(HttpCalls, StepsBeyondNinetyNineHaveThreeDigits) {
  Json steps = Json::array();
  Json payloads = Json::array();
  for (int i = 0; i < 101; ++i) {
    steps.push_back({{"action", i < 98 ? "" : Url("a")}, {"compensate", ""}});
    payloads.push_back(kPayload);
  }
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"steps", steps}, {"payloads", payloads}}))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(CallNames(), ElementsAre("99 action", "100 action", "101 action"));
}

TEST_F(HttpCalls, TheSecondPhaseOfATccIsSentWhatWasRegistered) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Body("tcc"))));
  ASSERT_TRUE(IsSuccess(Post("registerBranch", TccBranch("01"))));
  Json bare = TccBranch("0201");
  bare["data"] = "";
  ASSERT_TRUE(IsSuccess(Post("registerBranch", bare)));
  ASSERT_TRUE(IsSuccess(Post("submit", Body("tcc"))));
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].method, "GET");
  EXPECT_EQ(calls[0].query, QueryOf("0201", "confirm", "tcc"));
  EXPECT_EQ(calls[1].method, "POST");
  EXPECT_EQ(calls[1].query, QueryOf("01", "confirm", "tcc"));
  EXPECT_EQ(calls[1].body, kPayload);
}

TEST_F(HttpCalls, AMessageIsAskedBackWithAGet) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Msg({{"branch_headers", {{"test_header", "x"}}}}))));
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].method, "GET");
  EXPECT_EQ(calls[0].path, absl::StrCat("/", gid(), "/ask"));
  EXPECT_EQ(calls[0].query, QueryOf("00", "msg", "msg"));
  EXPECT_EQ(calls[0].headers.at("test_header"), "x");
  EXPECT_EQ(calls[1].query, QueryOf("01", "action", "msg"));
  EXPECT_EQ(calls[1].body, kPayload);
}

TEST_F(HttpCalls, TheSecondPhaseOfAnXaIsAPostWithoutBody) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Body("xa"))));
  ASSERT_TRUE(IsSuccess(
      Post("registerBranch",
           Json{{"gid", gid()}, {"trans_type", "xa"}, {"branch_id", "01"}, {"url", Url("xa")}})));
  ASSERT_TRUE(IsSuccess(Post("submit", Body("xa"))));
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].method, "POST");
  EXPECT_EQ(calls[0].query, QueryOf("01", "commit", "xa"));
  EXPECT_EQ(calls[0].body, "");
  EXPECT_EQ(calls[0].headers.at("content-type"), "application/json");
}

}  // namespace
}  // namespace saga::conformance
