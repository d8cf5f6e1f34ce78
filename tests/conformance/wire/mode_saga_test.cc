// Sagas over HTTP (protocol 5.3).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class SagaHttp : public ModeTest {};

TEST_F(SagaHttp, AllActionsSucceed) {
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_THAT(RowNames(), ElementsAre("01 compensate", "01 action", "02 compensate", "02 action"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_EQ(Reason(), "");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
  EXPECT_TRUE(Query(gid())["transaction"].contains("finish_time"));
}

TEST_F(SagaHttp, AFailedActionUndoesItselfAndWhatWasBefore) {
  Answers("in", {Failure(R"({"error":"no money"})")});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SSSF");
  EXPECT_EQ(Reason(),
            absl::StrCat("url:", Url("in"), R"( return failed: {"error":"no money"} FAILURE)"));
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action", "02 compensate", "01 compensate"));
  EXPECT_TRUE(Query(gid())["transaction"].contains("rollback_time"));
}

TEST_F(SagaHttp, StepsBehindTheFailedOneAreNeitherCalledNorUndone) {
  Answers("out", {Failure()});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SFPP");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "01 compensate"));
}

TEST_F(SagaHttp, AnOngoingActionIsAskedAgain) {
  Answers("out", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Called(2));
  EXPECT_EQ(Rows(), "PPPP");
  EXPECT_EQ(Status(), "submitted");
  Answers("out", {{}});
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_EQ(Reason(), "");
  EXPECT_THAT(Course(), ElementsAre("01 action", "02 action"));
}

TEST_F(SagaHttp, ACompensationThatBreaksIsRepeatedWhileAborting) {
  Answers("in", {Failure()});
  Answers("out-undo", {Broken()});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Called(4));
  EXPECT_EQ(Status(), "aborting");
  Answers("out-undo", {{}});
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SSSF");
  EXPECT_THAT(Course(), ElementsAre("01 action", "02 action", "02 compensate", "01 compensate"));
}

TEST_F(SagaHttp, ASecondSubmitIsFineUntilItHasEnded) {
  Answers("out", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Called(1));
  EXPECT_TRUE(IsSuccess(Post("submit", Saga())));
  Answers("out", {{}});
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_TRUE(
      IsFailure(Post("submit", Saga()), "current status 'succeed', cannot sumbmit. FAILURE"));
}

TEST_F(SagaHttp, EmptyTargetsSucceedWithoutACall) {
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"steps",
                                              {{{"action", ""}, {"compensate", ""}},
                                               {{"action", ""}, {"compensate", ""}}}}}))));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_THAT(Calls(), testing::IsEmpty());
}

TEST_F(SagaHttp, EmptyCompensationsAreDoneWithoutACall) {
  Answers("in", {Failure()});
  Json body = Saga();
  body["steps"][0]["compensate"] = "";
  body["steps"][1].erase("compensate");
  ASSERT_TRUE(IsSuccess(Post("submit", body)));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SSSF");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
}

TEST_F(SagaHttp, WithoutStepsItHasSucceeded) {
  EXPECT_TRUE(IsSuccess(
      Post("submit", Saga({{"steps", nullptr}, {"payloads", nullptr}, {"wait_result", true}}))));
  EXPECT_EQ(Status(), "succeed");
  EXPECT_EQ(Rows(), "");
}

// Clients before DTM 1.10 put the payload into the step.
TEST_F(SagaHttp, DataOfAStepIsItsPayload) {
  Json body = Saga();
  body.erase("payloads");
  body["steps"][0]["data"] = "one";
  body["steps"][1]["data"] = "two";
  ASSERT_TRUE(IsSuccess(Post("submit", body)));
  ASSERT_TRUE(Ends("succeed"));
  EXPECT_EQ(Rows(), "PSPS");
  EXPECT_EQ(Calls().at(0).body, "one");
  EXPECT_EQ(Calls().at(1).body, "two");
}

TEST_F(SagaHttp, PreparedItWaitsForItsSubmit) {
  ASSERT_TRUE(IsSuccess(Post("prepare", Saga())));
  EXPECT_EQ(Status(), "prepared");
  EXPECT_EQ(Rows(), "PPPP");
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"wait_result", true}}))));
  EXPECT_EQ(Status(), "succeed");
  EXPECT_THAT(CallNames(), ElementsAre("01 action", "02 action"));
}

TEST_F(SagaHttp, ItCannotBeAborted) {
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"wait_result", true}}))));
  EXPECT_TRUE(IsFailure(Post("abort", Saga()),
                        "trans type: 'saga' current status 'succeed', cannot abort. FAILURE"));
  const std::string prepared = AnotherGid();
  ASSERT_TRUE(IsSuccess(Post("prepare", Saga({{"gid", prepared}}))));
  EXPECT_TRUE(IsFailure(Post("abort", Saga({{"gid", prepared}})),
                        "trans type: 'saga' current status 'prepared', cannot abort. FAILURE"));
}

TEST_F(SagaHttp, ForceStopEndsItWithoutFurtherCalls) {
  Answers("out", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga())));
  ASSERT_TRUE(Called(1));
  EXPECT_TRUE(IsSuccess(Post("forceStop", Json{{"gid", gid()}})));
  EXPECT_EQ(Status(), "failed");
  EXPECT_TRUE(IsFailure(Post("forceStop", Json{{"gid", gid()}}),
                        "global transaction force stop error. status: failed. error: FAILURE"));
  EXPECT_TRUE(
      IsFailure(Post("submit", Saga()), "current status 'failed', cannot sumbmit. FAILURE"));
}

TEST_F(SagaHttp, ForceStopOfASucceededOneIsRefused) {
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"wait_result", true}}))));
  EXPECT_TRUE(IsFailure(Post("forceStop", Json{{"gid", gid()}}),
                        "global transaction force stop error. status: succeed. error: FAILURE"));
  EXPECT_EQ(Status(), "succeed");
}

}  // namespace
}  // namespace saga::conformance
