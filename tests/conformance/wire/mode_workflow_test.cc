// Workflows over HTTP (protocol 5.7), played by a client that does what the libraries do: the steps
// are the client's own, the server keeps what came of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class Workflow : public ModeTest {
 protected:
  // Called back after an hour at the earliest, so that it does not come into other tests.
  Json Body(const std::string& data = "hi") const {
    Json body = ModeTest::Body("workflow", Custom(data));
    body["retry_interval"] = 3600;
    return body;
  }

  // Called back soon.
  Json Abandoned(const std::string& data = "hi") const {
    return ModeTest::Body("workflow", Custom(data));
  }

  Json Custom(const std::string& data) const {
    Json custom = {{"name", "wf1"}, {"data", nullptr}};
    if (!data.empty()) custom["data"] = absl::Base64Escape(data);
    return {{"custom_data", custom.dump()},
            {"query_prepared", Url("resume")},
            {"protocol", "http"},
            {"concurrent", false}};
  }

  HttpAnswer Prepare() { return Post("prepareWorkflow", Body()); }

  HttpAnswer Note(const std::string& branch_id, const std::string& op, const std::string& status,
                  const std::string& data) {
    return Post("registerBranch", Json{{"gid", gid()},
                                       {"trans_type", "workflow"},
                                       {"branch_id", branch_id},
                                       {"op", op},
                                       {"status", status},
                                       {"data", data}});
  }

  HttpAnswer Submit(const Json& extra) {
    Json body = Body();
    body["req_extra"] = extra;
    return Post("submit", body);
  }

  HttpAnswer Succeed(const std::string& result = "") {
    return Submit({{"status", "succeed"}, {"rollback_reason", ""}, {"result", result}});
  }

  // "01 action succeed: body" of what prepareWorkflow tells.
  static std::vector<std::string> Progresses(const HttpAnswer& answer) {
    std::vector<std::string> told;
    const Json json = answer.json();
    for (const Json& progress : json.at("progresses")) {
      std::string data;
      absl::Base64Unescape(progress.value("bin_data", ""), &data);
      told.push_back(absl::StrCat(progress.at("branch_id").get<std::string>(), " ",
                                  progress.at("op").get<std::string>(), " ",
                                  progress.at("status").get<std::string>(), ": ", data));
    }
    return told;
  }
};

TEST_F(Workflow, PreparingItAnswersWithItselfAndNoProgress) {
  const HttpAnswer answer = Prepare();
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["progresses"], Json::array());
  EXPECT_EQ(answer.json()["transaction"]["gid"], gid());
  EXPECT_EQ(answer.json()["transaction"]["status"], "prepared");
  EXPECT_FALSE(answer.json().contains("dtm_result"));
  EXPECT_EQ(Status(), "prepared");
  EXPECT_EQ(Rows(), "");
}

TEST_F(Workflow, ItSucceedsWhenTheClientSaysSo) {
  ASSERT_EQ(Prepare().status, 200);
  ASSERT_TRUE(IsSuccess(Note("01", "action", "succeed", "reply")));
  ASSERT_TRUE(IsSuccess(Note("02", "action", "succeed", "")));
  EXPECT_TRUE(IsSuccess(Succeed()));
  EXPECT_EQ(Status(), "succeed");
  EXPECT_THAT(RowNames(), ElementsAre("01 action", "02 action"));
  EXPECT_EQ(Rows(), "SS");
  EXPECT_THAT(Calls(), testing::IsEmpty());
  EXPECT_TRUE(Query(gid())["transaction"].contains("finish_time"));
}

TEST_F(Workflow, ItFailsWithTheReasonThatTheClientGives) {
  ASSERT_EQ(Prepare().status, 200);
  ASSERT_TRUE(IsSuccess(Note("01", "action", "succeed", "")));
  ASSERT_TRUE(IsSuccess(Note("02", "action", "failed", "no money")));
  ASSERT_TRUE(IsSuccess(Note("01", "rollback", "succeed", "")));
  EXPECT_TRUE(IsSuccess(
      Submit({{"status", "failed"}, {"rollback_reason", "no money FAILURE"}, {"result", ""}})));
  EXPECT_EQ(Status(), "failed");
  EXPECT_EQ(Reason(), "no money FAILURE");
  EXPECT_EQ(Rows(), "SFS");
  const HttpAnswer answer = Prepare();
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json()["transaction"]["status"], "failed");
  EXPECT_EQ(answer.json()["transaction"]["rollback_reason"], "no money FAILURE");
}

TEST_F(Workflow, RunAgainItTellsHowFarItCame) {
  ASSERT_EQ(Prepare().status, 200);
  ASSERT_TRUE(IsSuccess(Note("01", "action", "succeed", "reply \"1\"")));
  ASSERT_TRUE(IsSuccess(Note("02", "business", "succeed", "")));
  ASSERT_TRUE(IsSuccess(Note("03", "action", "failed", "no money")));
  const HttpAnswer answer = Prepare();
  ASSERT_EQ(answer.status, 200);
  EXPECT_THAT(Progresses(answer),
              ElementsAre("01 action succeed: reply \"1\"",
                          "02 business succeed: ", "03 action failed: no money"));
  EXPECT_EQ(answer.json()["transaction"]["status"], "prepared");
}

TEST_F(Workflow, RunAgainWhenDoneItTellsTheResult) {
  ASSERT_EQ(Prepare().status, 200);
  ASSERT_TRUE(IsSuccess(Note("01", "action", "succeed", "x")));
  const std::string result = absl::Base64Escape(std::string("the result\x00\xff", 12));
  ASSERT_TRUE(IsSuccess(Succeed(result)));
  const HttpAnswer answer = Prepare();
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json()["transaction"]["status"], "succeed");
  EXPECT_EQ(answer.json()["transaction"]["result"], result);
  EXPECT_THAT(Progresses(answer), ElementsAre("01 action succeed: x"));
}

TEST_F(Workflow, TheSameStepTwiceIsAnError) {
  ASSERT_EQ(Prepare().status, 200);
  ASSERT_TRUE(IsSuccess(Note("01", "action", "succeed", "x")));
  const HttpAnswer answer = Note("01", "action", "succeed", "other");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, testing::HasSubstr("UniqueKeyConflict"));
  EXPECT_THAT(Progresses(Prepare()), ElementsAre("01 action succeed: x"));
}

TEST_F(Workflow, ASecondEndIsAnError) {
  ASSERT_EQ(Prepare().status, 200);
  ASSERT_TRUE(IsSuccess(Succeed()));
  const HttpAnswer other = Submit({{"status", "failed"}, {"rollback_reason", "x"}});
  EXPECT_EQ(other.status, 500);
  EXPECT_THAT(other.json().value("message", ""), testing::StartsWith("storage: NotFound"));
  EXPECT_EQ(Succeed().status, Differs("workflow-end-again", server()) ? 500 : 200);
  EXPECT_EQ(Status(), "succeed");
}

TEST_F(Workflow, AnEndWithoutABeginningIsAnError) {
  const HttpAnswer answer = Succeed();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(Status(), "");
}

TEST_F(Workflow, AStepOfAnEndedOneIsRefused) {
  ASSERT_EQ(Prepare().status, 200);
  ASSERT_TRUE(IsSuccess(Succeed()));
  EXPECT_TRUE(
      IsFailure(Note("01", "action", "succeed", ""),
                absl::StrCat("no trans with gid: ", gid(), " status: prepared found FAILURE")));
}

TEST_F(Workflow, ItCannotBeAborted) {
  ASSERT_EQ(Prepare().status, 200);
  EXPECT_TRUE(IsFailure(Post("abort", Body()),
                        "trans type: 'workflow' current status 'prepared', cannot abort. FAILURE"));
}

TEST_F(Workflow, ForceStopEndsIt) {
  ASSERT_EQ(Prepare().status, 200);
  EXPECT_TRUE(IsSuccess(Post("forceStop", Json{{"gid", gid()}})));
  EXPECT_EQ(Status(), "failed");
  EXPECT_EQ(Prepare().json()["transaction"]["status"], "failed");
}

// The client is gone: the server asks for another run, with the data of the first one.
TEST_F(Workflow, LeftAloneItIsCalledBackWithItsData) {
  ASSERT_EQ(Post("prepareWorkflow", Abandoned()).status, 200);
  ASSERT_TRUE(Called(1));
  const Call call = Calls().at(0);
  EXPECT_EQ(call.transport, "http");
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.path, absl::StrCat("/", gid(), "/resume"));
  EXPECT_EQ(call.query, absl::StrCat("branch_id=00&gid=", gid(), "&op=wf1&trans_type=workflow"));
  EXPECT_EQ(call.body, "hi");
  EXPECT_EQ(call.headers.at("content-type"), "application/json");
}

TEST_F(Workflow, WithoutDataTheCallBackIsAGet) {
  ASSERT_EQ(Post("prepareWorkflow", Abandoned("")).status, 200);
  ASSERT_TRUE(Called(1));
  EXPECT_EQ(Calls().at(0).method, "GET");
  EXPECT_EQ(Calls().at(0).body, "");
}

// Whatever the call back is answered, only the client's submit ends it.
TEST_F(Workflow, TheAnswerToTheCallBackChangesNothing) {
  for (const Reply& reply : {Reply{}, Failure(), Ongoing(), Broken()}) {
    const std::string gid = AnotherGid();
    SCOPED_TRACE(reply.status);
    Answers("resume", {reply});
    Json body = Abandoned();
    body["gid"] = gid;
    ASSERT_EQ(Post("prepareWorkflow", body).status, 200);
    ASSERT_TRUE(recorder().WaitForCalls(gid, 1, absl::Minutes(1)));
    EXPECT_EQ(StatusOf(gid), "prepared");
    EXPECT_EQ(Query(gid)["transaction"].value("rollback_reason", ""), "");
  }
}

// A run that broke off: called back, run again without what was done before, ended.
TEST_F(Workflow, TheSecondRunGoesOnWhereTheFirstOneBrokeOff) {
  ASSERT_EQ(Post("prepareWorkflow", Abandoned()).status, 200);
  ASSERT_TRUE(IsSuccess(Note("01", "action", "succeed", "reply")));
  ASSERT_TRUE(Called(1));
  const HttpAnswer second = Prepare();
  EXPECT_THAT(Progresses(second), ElementsAre("01 action succeed: reply"));
  ASSERT_TRUE(IsSuccess(Note("02", "action", "succeed", "")));
  ASSERT_TRUE(IsSuccess(Succeed()));
  EXPECT_EQ(Status(), "succeed");
  EXPECT_EQ(Rows(), "SS");
}

// TCC and XA steps of a workflow: the ops are the client's words, a step may have several.
TEST_F(Workflow, StepsOfEveryKindAreKept) {
  ASSERT_EQ(Prepare().status, 200);
  for (const char* const op : {"action", "business", "commit"})
    ASSERT_TRUE(IsSuccess(Note("01", op, "succeed", op)));
  ASSERT_TRUE(IsSuccess(Note("02", "action", "succeed", "a")));
  ASSERT_TRUE(IsSuccess(Note("02", "rollback", "failed", "r")));
  EXPECT_THAT(
      Progresses(Prepare()),
      ElementsAre("01 action succeed: action", "01 business succeed: business",
                  "01 commit succeed: commit", "02 action succeed: a", "02 rollback failed: r"));
  ASSERT_TRUE(IsSuccess(Succeed()));
  EXPECT_THAT(Calls(), testing::IsEmpty());
}

}  // namespace
}  // namespace saga::conformance
