// What the reference lists as wrong in DTM and advises to mend (protocol 11.1), one test an item;
// #1 and #2 are in better_submit_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/conformance/wire/mode_stage.h"
#include "tests/fixture/process.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class BetterItems : public ModeTest {
 protected:
  Json Workflow() const {
    return Body("workflow", {{"custom_data", R"({"name":"wf1","data":"aGk="})"},
                             {"query_prepared", Url("resume")},
                             {"retry_interval", 600}});
  }

  // A saga of one JSON-RPC action that answers with this body.
  HttpAnswer SubmitJsonRpc(const std::string& gid, const std::string& body) {
    Answers("rpc", {{.body = body}});
    return Post("submit",
                Saga({{"gid", gid},
                      {"protocol", "json-rpc"},
                      {"wait_result", true},
                      {"retry_interval", 60},
                      {"steps", Json::array({{{"action", Url("rpc") + "?method=In"}}})}}));
  }

  std::string Topic() const { return "topic-of-" + gid(); }

  void Subscribe(const std::string& url) {
    ASSERT_TRUE(IsSuccess(
        Get(absl::StrCat("subscribe?topic=", UrlEncode(Topic()), "&url=", UrlEncode(url)))));
  }

  // A message to the topic whose client waits. DTM reads its topics every second.
  HttpAnswer SubmitToTopic(const std::string& gid) {
    return Post("submit", Msg({{"gid", gid},
                               {"wait_result", true},
                               {"steps", Json::array({{{"action", "topic://" + Topic()}}})}}));
  }
};

// #6: another type than the transaction's own in the request.
TEST_F(BetterItems, N06AnAbortIsJudgedByWhatTheTransactionIs) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Saga())));
  const HttpAnswer answer = Post("abort", Body("tcc"));
  if (Differs("abort-stored-type", server())) {
    EXPECT_TRUE(IsSuccess(answer));
    ASSERT_TRUE(Ends("failed"));
    return;
  }
  EXPECT_TRUE(
      IsFailure(answer, "trans type: 'saga' current status 'prepared', cannot abort. FAILURE"));
  EXPECT_TRUE(IsSuccess(Post("submit", Saga({{"wait_result", true}}))));
  EXPECT_EQ(Status(), "succeed");
}

// #7: an error within the same second, on DTM with MySQL only: here both are fine.
TEST_F(BetterItems, N07AnAbortMayBeRepeatedAtOnce) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Body("tcc"))));
  ASSERT_TRUE(IsSuccess(Post("registerBranch", TccBranch("01"))));
  Answers("cancel-01", {Ongoing(), Ongoing(), Ongoing(), {}});
  EXPECT_TRUE(IsSuccess(Post("abort", Body("tcc"))));
  ASSERT_TRUE(Called(1));
  EXPECT_TRUE(IsSuccess(Post("abort", Body("tcc"))));
  EXPECT_TRUE(IsSuccess(Post("abort", Body("tcc"))));
  ASSERT_TRUE(Ends("failed"));
}

// #8: the codes that the protocol gives to JSON-RPC branches.
TEST_F(BetterItems, N08JsonRpcErrorCodesSayWhatTheyMean) {
  const std::string failed = AnotherGid();
  const HttpAnswer failure =
      SubmitJsonRpc(failed, R"({"jsonrpc":"2.0","error":{"code":-32901,"message":"no money"}})");
  const std::string ongoing = AnotherGid();
  const HttpAnswer wait =
      SubmitJsonRpc(ongoing, R"({"jsonrpc":"2.0","error":{"code":-32902,"message":"later"}})");
  EXPECT_TRUE(IsFailure(wait, kNotYet));
  EXPECT_EQ(StatusOf(ongoing), "submitted");
  if (Differs("json-rpc-codes", server())) {
    EXPECT_TRUE(IsFailure(failure, kNotYet));
    EXPECT_EQ(StatusOf(failed), "submitted");
  } else {
    EXPECT_EQ(failure.status, 409);
    EXPECT_THAT(failure.json().value("message", ""), HasSubstr("no money"));
    EXPECT_EQ(StatusOf(failed), "failed");
  }
}

TEST_F(BetterItems, N08AJsonRpcConfirmThatIsOngoingIsToldAsSuch) {
  const Json body =
      Body("tcc", {{"protocol", "json-rpc"}, {"wait_result", true}, {"retry_interval", 60}});
  ASSERT_TRUE(IsSuccess(Post("prepare", body)));
  Json branch = TccBranch("01");
  branch["confirm"] = Url("rpc") + "?method=Confirm";
  ASSERT_TRUE(IsSuccess(Post("registerBranch", branch)));
  Answers("rpc", {{.body = R"({"error":{"code":-32902}})"}});
  EXPECT_EQ(Post("submit", body).status, Differs("json-rpc-codes", server()) ? 500 : 425);
  EXPECT_EQ(Status(), "submitted");
}

// #9: what a workflow that is run again over gRPC returns.
TEST_F(BetterItems, N09AGrpcWorkflowIsToldItsResult) {
  dtmgimp::DtmRequest request = GrpcBody("workflow");
  request.set_customeddata(R"({"name":"wf1","data":"aGk="})");
  request.set_queryprepared(Target("resume"));
  ASSERT_EQ(Rpc("PrepareWorkflow", request).code, 0);
  dtmgimp::DtmRequest end = request;
  (*end.mutable_reqextra())["status"] = "succeed";
  (*end.mutable_reqextra())["result"] = "cmVzdWx0";
  ASSERT_EQ(Rpc("Submit", end).code, 0);
  dtmgimp::DtmProgressesReply reply;
  ASSERT_TRUE(reply.ParseFromString(Rpc("PrepareWorkflow", request).body));
  EXPECT_EQ(reply.transaction().status(), "succeed");
  EXPECT_EQ(reply.transaction().result(), Differs("workflow-result", server()) ? "" : "cmVzdWx0");
}

// #12: a topic that is no more, and one of the same name after it.
TEST_F(BetterItems, N12ADeletedTopicIsGoneAndAMadeOneIsThere) {
  Subscribe(Url("old"));
  HttpAnswer answer;
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
    answer = SubmitToTopic(AnotherGid());
    return answer.status == 200;
  })) << answer.body;
  ASSERT_TRUE(IsSuccess(Http(server().http(), "DELETE", "/api/dtmsvr/topic/" + Topic())));
  const std::string after = AnotherGid();
  answer = SubmitToTopic(after);
  if (Differs("topic-deleted", server())) {
    EXPECT_TRUE(IsSuccess(answer));
    return;
  }
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("topic not found"));
  EXPECT_EQ(StatusOf(after), "");
  Subscribe(Url("new"));
  const std::string made = AnotherGid();
  EXPECT_TRUE(IsSuccess(SubmitToTopic(made)));
  const std::vector<Call> calls = recorder().CallsOf(made);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].path, absl::StrCat("/", gid(), "/new"));
}

// #13: who presses the button wants the retry now.
TEST_F(BetterItems, N13AResetBringsTheRetryForward) {
  Answers("out", {Ongoing(), {}});
  // Who waits for the result is answered when the server has noted what the branch said.
  ASSERT_EQ(Post("submit", Saga({{"retry_interval", 600}, {"wait_result", true}})).status, 409);
  ASSERT_EQ(recorder().CallsOf(gid()).size(), 1u);
  ASSERT_TRUE(IsSuccess(Post("resetNextCronTime", Json{{"gid", gid()}})));
  if (Differs("reset-is-effective", server())) {
    EXPECT_FALSE(recorder().WaitForCalls(gid(), 2, absl::Seconds(5)));
  } else {
    ASSERT_TRUE(Ends("succeed"));
  }
}

// #14: a submit that says no more than which transaction it is.
TEST_F(BetterItems, N14ASubmitChangesNothingElse) {
  ASSERT_EQ(Post("prepareWorkflow", Workflow()).status, 200);
  const Json before = Query(gid())["transaction"];
  ASSERT_TRUE(IsSuccess(Post(
      "submit",
      Json{{"gid", gid()}, {"trans_type", "workflow"}, {"req_extra", {{"status", "succeed"}}}})));
  const Json after = Query(gid())["transaction"];
  EXPECT_EQ(after["status"], "succeed");
  for (const char* const key : {"custom_data", "query_prepared", "create_time"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(before.value(key, "") == "", false);
    if (Differs("list-keeps-all", server())) {
      EXPECT_TRUE(!after.contains(key) || after[key].is_null());
    } else {
      EXPECT_EQ(after.value(key, ""), before.value(key, ""));
    }
  }
}

// #15: SQL in a gid, on DTM with SQL stores only: here it is a gid nobody has.
TEST_F(BetterItems, N15AGidIsNeverRunAsSql) {
  Answers("out", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"retry_interval", 600}}))));
  ASSERT_TRUE(Called(1));
  const std::string evil = "x' or '1'='1";
  const HttpAnswer answer = Post("resetNextCronTime", Json{{"gid", evil}});
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.json().value("message", ""),
            absl::StrCat("no TransGlobal with gid: ", evil, " found"));
  EXPECT_EQ(Status(), "submitted");
}

// #16: what can never be processed.
TEST_F(BetterItems, N16CustomDataThatIsNoneIsRefused) {
  const std::vector<Json> bodies = {
      Saga({{"custom_data", "concurrent"}, {"wait_result", true}}),
      Msg({{"custom_data", "delay"}, {"wait_result", true}}),
  };
  for (Json body : bodies) {
    const std::string gid = AnotherGid();
    body["gid"] = gid;
    const HttpAnswer answer = Post("submit", body);
    EXPECT_EQ(answer.status, 500) << answer.body;
    EXPECT_EQ(StatusOf(gid), Differs("custom-data-checked", server()) ? "submitted" : "");
    EXPECT_TRUE(recorder().CallsOf(gid).empty());
  }
}

// #16: PHP's encoder makes a list of orders whose keys are 0, 1, ...
TEST_F(BetterItems, N16OrdersMayBeAList) {
  const HttpAnswer answer = Post(
      "submit",
      Saga({{"custom_data", R"({"concurrent":true,"orders":[[],[0]]})"}, {"wait_result", true}}));
  if (Differs("orders-list", server())) {
    EXPECT_EQ(answer.status, 500);
    return;
  }
  EXPECT_TRUE(IsSuccess(answer));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
}

// #17: two callers without a gid would be one transaction, on DTM with SQL stores.
TEST_F(BetterItems, N17AnEmptyGidIsRefused) {
  for (const char* const route : {"prepare", "submit"}) {
    SCOPED_TRACE(route);
    EXPECT_EQ(Post(route, Body("tcc", {{"gid", ""}})).status, 500);
  }
}

// #27: one series for each route, not one for each gid.
TEST_F(BetterItems, N27MetricsHaveNoQueryInTheirLabels) {
  ASSERT_EQ(Get("query?gid=counted-one").status, 200);
  const std::string metrics = Http(server().http(), "GET", "/api/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("dtm_server_process_total"));
  if (Differs("metrics-api-label", server())) {
    EXPECT_THAT(metrics, HasSubstr("api=\"query?gid=counted-one\""));
  } else {
    EXPECT_THAT(metrics, HasSubstr("api=\"query\""));
    EXPECT_THAT(metrics, testing::Not(HasSubstr("counted-one")));
  }
}

}  // namespace
}  // namespace saga::conformance
