// The XA rows of the protocol's conformance list (10.6), against the rules alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::Op;
using core::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

void PrepareTwo(Play& play) {
  ASSERT_EQ(play.Prepare(XaDraft()), Verdict::kAccepted);
  ASSERT_EQ(play.Do(XaBranch("01")), Verdict::kAccepted);
  ASSERT_EQ(play.Do(XaBranch("02")), Verdict::kAccepted);
}

TEST(XaScenario, NormalCommitsTheFirstRegisteredFirst) {
  Play play;
  PrepareTwo(play);
  EXPECT_THAT(play.Calls(), IsEmpty());
  EXPECT_EQ(play.Submit(XaDraft()), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "PSPS");
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_THAT(play.Calls(), ElementsAre("01/commit", "02/commit"));
}

TEST(XaScenario, RollbackOfWhatWasRegistered) {
  // The second local part failed before it registered.
  Play play;
  ASSERT_EQ(play.Prepare(XaDraft()), Verdict::kAccepted);
  ASSERT_EQ(play.Do(XaBranch("01")), Verdict::kAccepted);
  EXPECT_EQ(play.Do(core::AbortRequested{.reason = "02 failed"}), Verdict::kAccepted);
  play.Pass();
  EXPECT_EQ(play.Rows(), "SP");
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.transaction().rollback_reason, "02 failed");
  EXPECT_THAT(play.Calls(), ElementsAre("01/rollback"));
}

TEST(XaScenario, RollbackTooBeginsWithTheFirstRegistered) {
  Play play;
  PrepareTwo(play);
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kAccepted);
  play.Pass();
  EXPECT_EQ(play.Rows(), "SPSP");
  EXPECT_THAT(play.Calls(), ElementsAre("01/rollback", "02/rollback"));
}

TEST(XaScenario, AbortBeforeAnyBranchEndsAtOnce) {
  Play play;
  ASSERT_EQ(play.Prepare(XaDraft()), Verdict::kAccepted);
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_THAT(play.Calls(), IsEmpty());
}

TEST(XaScenario, TimeoutBeforeAnyBranch) {
  Play play;
  ASSERT_EQ(play.Prepare(XaDraft()), Verdict::kAccepted);
  EXPECT_FALSE(play.Pass());
  EXPECT_EQ(play.NextPass(), base::Seconds(35));
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.transaction().rollback_reason, "Timeout after 35 seconds");
  EXPECT_EQ(play.Do(XaBranch("01")), Verdict::kCannotRegister);
}

TEST(XaScenario, ACommitThatIsOngoingIsAskedAgainAndHoldsBackTheNext) {
  Play play;
  PrepareTwo(play);
  play.Script("01", Op::kCommit, {Outcome::kOngoing});
  EXPECT_EQ(play.Submit(XaDraft()), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "submitted");
  EXPECT_THAT(play.Calls(), ElementsAre("01/commit"));
  EXPECT_EQ(play.NextPass(), base::Seconds(10));
  EXPECT_EQ(play.Rows(), "PSPS");
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(XaScenario, NeitherPhaseTwoMayRefuse) {
  Play committed;
  PrepareTwo(committed);
  committed.Script("02", Op::kCommit, {Outcome::kFailure});
  EXPECT_EQ(committed.Submit(XaDraft()), Verdict::kAccepted);
  EXPECT_EQ(committed.Status(), "submitted");
  EXPECT_EQ(committed.NextPass(), base::Seconds(20));
  EXPECT_EQ(committed.Status(), "succeed");

  Play rolled_back;
  PrepareTwo(rolled_back);
  rolled_back.Script("01", Op::kRollback, {Outcome::kFailure, Outcome::kUnknown});
  EXPECT_EQ(rolled_back.Do(core::AbortRequested{}), Verdict::kAccepted);
  rolled_back.Pass();
  EXPECT_EQ(rolled_back.NextPass(), base::Seconds(20));
  EXPECT_EQ(rolled_back.NextPass(), base::Seconds(40));
  EXPECT_EQ(rolled_back.Status(), "failed");
}

TEST(XaScenario, WhatMayBeAskedWhen) {
  Play play;
  EXPECT_EQ(play.Do(XaBranch("01")), Verdict::kCannotRegister);
  PrepareTwo(play);
  EXPECT_EQ(play.Prepare(XaDraft()), Verdict::kAlready);
  EXPECT_EQ(play.Do(XaBranch("02")), Verdict::kAlready);
  EXPECT_EQ(play.Do(TccBranch("03")), Verdict::kCannotRegister);
  EXPECT_EQ(play.Do(core::WorkflowEnded{}), Verdict::kCannotEnd);
  play.Script("01", Op::kCommit, {Outcome::kOngoing});
  EXPECT_EQ(play.Submit(XaDraft()), Verdict::kAccepted);
  EXPECT_EQ(play.Submit(XaDraft()), Verdict::kAlready);
  EXPECT_EQ(play.Do(XaBranch("03")), Verdict::kCannotRegister);
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kCannotAbort);
  play.NextPass();
  EXPECT_EQ(play.Submit(XaDraft()), Verdict::kCannotSubmit);
}

}  // namespace
}  // namespace saga::scenario
