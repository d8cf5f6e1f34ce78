// What a saga's options do (protocol 2.1, 5.2, 5.3, 6.2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/conformance/wire/mode_stage.h"

namespace saga::conformance {
namespace {

using testing::ElementsAre;

class SagaOptions : public ModeTest {};

TEST_F(SagaOptions, WaitResultAnswersWhenItHasSucceeded) {
  EXPECT_TRUE(IsSuccess(Post("submit", Saga({{"wait_result", true}}))));
  EXPECT_EQ(Status(), "succeed");
  EXPECT_EQ(Rows(), "PSPS");
}

TEST_F(SagaOptions, WaitResultTellsThatItIsNotDone) {
  Answers("out", {Ongoing()});
  EXPECT_TRUE(IsFailure(Post("submit", Saga({{"wait_result", true}})), kNotYet));
  EXPECT_EQ(Status(), "submitted");
  EXPECT_EQ(Rows(), "PPPP");
  Answers("out", {{}});
  ASSERT_TRUE(Ends("succeed"));
}

TEST_F(SagaOptions, WaitResultTellsWhyItWasUndone) {
  Answers("in", {Failure("no money")});
  const std::string reason = absl::StrCat("url:", Url("in"), " return failed: no money FAILURE");
  EXPECT_TRUE(IsFailure(Post("submit", Saga({{"wait_result", true}})), reason));
  EXPECT_EQ(Status(), "failed");
  EXPECT_EQ(Rows(), "SSSF");
  EXPECT_EQ(Reason(), reason);
}

TEST_F(SagaOptions, WaitResultTellsWhyEvenIfUndoingTakesLonger) {
  Answers("in", {Failure("no money")});
  Answers("in-undo", {Ongoing(), {}});
  EXPECT_TRUE(IsFailure(Post("submit", Saga({{"wait_result", true}})),
                        absl::StrCat("url:", Url("in"), " return failed: no money FAILURE")));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(CountCalls("02 compensate"), 2u);
}

// Ongoing is asked again after the interval; an unknown result doubles it.
TEST_F(SagaOptions, OngoingKeepsTheIntervalAndErrorsDoubleIt) {
  Answers("out", {Ongoing(), {}});
  Answers("in", {Broken(), {}});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"retry_interval", 1}}))));
  ASSERT_TRUE(Ends("succeed"));
  const std::vector<Call> calls = Calls();
  ASSERT_THAT(CallNames(), ElementsAre("01 action", "01 action", "02 action", "02 action"));
  EXPECT_GE(calls[1].arrived - calls[0].arrived, absl::Milliseconds(500));
  EXPECT_GE(calls[3].arrived - calls[2].arrived, absl::Milliseconds(1500));
}

TEST_F(SagaOptions, ATimeoutUndoesWhatMayHaveBeenDone) {
  Answers("out", {Ongoing()});
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"timeout_to_fail", 2}}))));
  ASSERT_TRUE(Ends("failed"));
  EXPECT_EQ(Rows(), "SPPP");
  EXPECT_EQ(Reason(), "Timeout after 2 seconds");
  EXPECT_EQ(CallNames().back(), "01 compensate");
  EXPECT_EQ(CountCalls("02 action"), 0u);
}

TEST_F(SagaOptions, RequestTimeoutIsLongEnoughForASlowClient) {
  EXPECT_TRUE(IsSuccess(Post("submit", Saga({{"wait_result", true}, {"request_timeout", 6}}))));
}

// At once: with an interval of a minute the client would hear that it is not done.
TEST_F(SagaOptions, RetryLimitRepeatsAtOnce) {
  Answers("out", {Broken(), Broken(), Broken(), {}});
  EXPECT_TRUE(IsSuccess(
      Post("submit", Saga({{"wait_result", true}, {"retry_limit", 3}, {"retry_interval", 60}}))));
  EXPECT_EQ(CountCalls("01 action"), 4u);
  EXPECT_EQ(Rows(), "PSPS");
}

TEST_F(SagaOptions, RetryLimitUndoesWhenItIsUsedUp) {
  Answers("in", {Broken(), Ongoing(), {}});
  const std::string reason = "RetryCount is greater than RetryLimit, RetryLimit: 1";
  EXPECT_TRUE(IsFailure(Post("submit", Saga({{"wait_result", true}, {"retry_limit", 1}})),
                        reason + " FAILURE"));
  EXPECT_EQ(Status(), "failed");
  EXPECT_EQ(Reason(), reason);
  EXPECT_EQ(Rows(), "SSSP");
  EXPECT_THAT(CallNames(),
              ElementsAre("01 action", "02 action", "02 action", "02 compensate", "01 compensate"));
}

// One count for the whole transaction, not one a branch.
TEST_F(SagaOptions, RetryLimitCountsAllBranchesTogether) {
  Answers("out", {Broken(), {}});
  Answers("in", {Broken(), {}});
  EXPECT_TRUE(IsFailure(Post("submit", Saga({{"wait_result", true}, {"retry_limit", 1}})),
                        "RetryCount is greater than RetryLimit, RetryLimit: 1 FAILURE"));
  EXPECT_EQ(CountCalls("01 action"), 2u);
  EXPECT_EQ(CountCalls("02 action"), 1u);
}

TEST_F(SagaOptions, ResetNextCronTimeBringsTheRetryForward) {
  ASSERT_TRUE(IsSuccess(Post("submit", Saga({{"wait_result", true}}))));
  EXPECT_TRUE(IsSuccess(Post("resetNextCronTime", Json{{"gid", gid()}})))
      << "harmless on one that has ended";
  EXPECT_EQ(Status(), "succeed");
}

}  // namespace
}  // namespace saga::conformance
