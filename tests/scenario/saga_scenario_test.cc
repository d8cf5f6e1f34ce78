// The saga rows of the protocol's conformance list (10.4), against the rules alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::Op;
using core::Verdict;
using testing::ElementsAre;

TEST(SagaScenario, Normal) {
  Play play;
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_EQ(play.Rows(), "PSPS");
  EXPECT_EQ(play.transaction().rollback_reason, "");
  EXPECT_THAT(play.Calls(), ElementsAre("01/action", "02/action"));
}

TEST(SagaScenario, RollbackCompensatesTheFailedActionTooAndInReverse) {
  Play play;
  play.Script("02", Op::kAction, {Outcome::kFailure});
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.Rows(), "SSSF");
  EXPECT_EQ(play.transaction().rollback_reason, "url:a2:1/P/M return failed: the reason");
  EXPECT_THAT(play.Calls(),
              ElementsAre("01/action", "02/action", "02/compensate", "01/compensate"));
}

TEST(SagaScenario, StepsNeverReachedAreNotCompensated) {
  Play play;
  play.Script("01", Op::kAction, {Outcome::kFailure});
  EXPECT_EQ(play.Submit(SagaDraft(3)), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "SFPPPP");
  EXPECT_EQ(play.Status(), "failed");
}

TEST(SagaScenario, OngoingThenSucceed) {
  Play play;
  play.Script("01", Op::kAction, {Outcome::kOngoing});
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "submitted");
  EXPECT_EQ(play.Rows(), "PPPP");
  EXPECT_FALSE(play.Pass());
  EXPECT_EQ(play.NextPass(), base::Seconds(10));
  EXPECT_EQ(play.Rows(), "PSPS");
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(SagaScenario, ACompensationThatErrsIsRepeated) {
  Play play;
  play.Script("02", Op::kAction, {Outcome::kFailure});
  play.Script("02", Op::kCompensate, {Outcome::kUnknown});
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "aborting");
  EXPECT_EQ(play.NextPass(), base::Seconds(20));
  EXPECT_EQ(play.Rows(), "SSSF");
  EXPECT_EQ(play.Status(), "failed");
}

TEST(SagaScenario, ACompensationMayNotRefuse) {
  Play play;
  play.Script("01", Op::kAction, {Outcome::kFailure});
  play.Script("01", Op::kCompensate, {Outcome::kFailure, Outcome::kFailure});
  EXPECT_EQ(play.Submit(SagaDraft(1)), Verdict::kAccepted);
  EXPECT_EQ(play.NextPass(), base::Seconds(20));
  EXPECT_EQ(play.NextPass(), base::Seconds(40));
  EXPECT_EQ(play.Rows(), "SF");
  EXPECT_EQ(play.Status(), "failed");
}

TEST(SagaScenario, SubmittedAgainNothingStartsOver) {
  Play play;
  play.Script("01", Op::kAction, {Outcome::kOngoing});
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAccepted);
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAlready);
  EXPECT_THAT(play.Calls(), ElementsAre("01/action"));
  play.NextPass();
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kCannotSubmit);
}

TEST(SagaScenario, EmptyTargetsSucceedWithoutACall) {
  core::GlobalTransaction draft = SagaDraft(2);
  for (core::Branch& branch : draft.branches) branch.target.clear();
  Play play;
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "PSPS");
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_TRUE(play.Calls().empty());
}

TEST(SagaScenario, Timeout) {
  core::GlobalTransaction draft = SagaDraft(2);
  draft.options.timeout_to_fail_s = 1800;
  Play play;
  play.Script("01", Op::kAction, {Outcome::kOngoing});
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "submitted");
  play.Wait(base::Seconds(3600));
  EXPECT_TRUE(play.Pass());
  EXPECT_EQ(play.Rows(), "SPPP");
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.transaction().rollback_reason, "Timeout after 1800 seconds");
}

TEST(SagaScenario, RetryLimitRepeatsAtOnceAndThenSucceeds) {
  core::GlobalTransaction draft = SagaDraft(2);
  draft.options.retry_limit = 3;
  Play play;
  play.Script("02", Op::kAction, {Outcome::kUnknown, Outcome::kUnknown, Outcome::kOngoing});
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(core::AtRest(play.transaction(), play.Now()));
    EXPECT_LE(play.NextPass(), base::Seconds(1));
  }
  EXPECT_EQ(play.Rows(), "PSPS");
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(SagaScenario, RetryLimitUsedUp) {
  core::GlobalTransaction draft = SagaDraft(2);
  draft.options.retry_limit = 1;
  Play play;
  play.Script("02", Op::kAction, {Outcome::kUnknown, Outcome::kUnknown, Outcome::kUnknown});
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  play.NextPass();
  EXPECT_EQ(play.Rows(), "SSSP");
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.transaction().rollback_reason,
            "RetryCount is greater than RetryLimit, RetryLimit: 1");
}

TEST(SagaScenario, ConcurrentWithOneOngoing) {
  core::GlobalTransaction draft = SagaDraft(2);
  draft.concurrent = true;
  Play play;
  play.Script("01", Op::kAction, {Outcome::kOngoing});
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "PPPS");
  EXPECT_EQ(play.Status(), "submitted");
  play.NextPass();
  EXPECT_EQ(play.Rows(), "PSPS");
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(SagaScenario, OrderedStepThatNeverRanIsNotCompensated) {
  core::GlobalTransaction draft = SagaDraft(2);
  draft.concurrent = true;
  draft.predecessors = {{}, {0}};
  Play play;
  play.Script("01", Op::kAction, {Outcome::kFailure});
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "SFPP");
  EXPECT_EQ(play.Status(), "failed");
}

TEST(SagaScenario, OrderedUndoGoesBackwards) {
  core::GlobalTransaction draft = SagaDraft(3);
  draft.concurrent = true;
  draft.predecessors = {{}, {0}, {1}};
  Play play;
  play.Script("03", Op::kAction, {Outcome::kFailure});
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "SSSSSF");
  EXPECT_THAT(play.Calls(), ElementsAre("01/action", "02/action", "03/action", "03/compensate",
                                        "02/compensate", "01/compensate"));
}

TEST(SagaScenario, AClientCannotAbortAnOperatorCan) {
  Play play;
  play.Script("02", Op::kAction, {Outcome::kOngoing});
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAccepted);
  EXPECT_EQ(play.Do(core::AbortRequested{.reason = "r"}), Verdict::kCannotAbort);
  EXPECT_EQ(
      play.Do(core::AbortRequested{.reason = "called off", .actor = "ops", .by_operator = true}),
      Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "aborting");
  play.Pass();
  EXPECT_EQ(play.Rows(), "SSSP");
  EXPECT_EQ(play.transaction().rollback_reason, "called off");
  EXPECT_EQ(play.Status(), "failed");
}

TEST(SagaScenario, ARestartAssumesThatActionsBeyondTheRecordWereCalled) {
  core::GlobalTransaction draft = SagaDraft(2);
  draft.options.timeout_to_fail_s = 60;
  core::GlobalTransaction record;
  const base::Time born{1'700'000'000'000'000};
  ASSERT_TRUE(core::Create(core::Submitted{draft}, {.now = born}, &record).durable);
  EXPECT_THAT(core::AssumeCallsBeyondRecord(record), ElementsAre(1, 3));
  (void)core::Step(record, core::Woken{}, {.now = born + base::Seconds(61)});
  EXPECT_THAT(core::Due(record, born + base::Seconds(61)),
              ElementsAre(2));  // the second step first
}

}  // namespace
}  // namespace saga::scenario
