// The TCC rows of the protocol's conformance list (10.5), against the rules alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::Op;
using core::Verdict;
using testing::ElementsAre;

void PrepareTwo(Play& play) {
  ASSERT_EQ(play.Prepare(TccDraft()), Verdict::kAccepted);
  ASSERT_EQ(play.Do(TccBranch("01")), Verdict::kAccepted);
  ASSERT_EQ(play.Do(TccBranch("02")), Verdict::kAccepted);
}

TEST(TccScenario, NormalConfirmsTheLastRegisteredFirst) {
  Play play;
  PrepareTwo(play);
  EXPECT_EQ(play.Submit(TccDraft()), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "PSPS");
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_THAT(play.Calls(), ElementsAre("02/confirm", "01/confirm"));
}

TEST(TccScenario, RollbackWithAnOngoingCancel) {
  Play play;
  PrepareTwo(play);
  play.Script("01", Op::kCancel, {Outcome::kOngoing});
  EXPECT_EQ(play.Do(core::AbortRequested{.reason = "try failed"}), Verdict::kAccepted);
  play.Pass();
  EXPECT_EQ(play.Status(), "aborting");
  EXPECT_EQ(play.NextPass(), base::Seconds(10));
  EXPECT_EQ(play.Rows(), "SPSP");
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.transaction().rollback_reason, "try failed");
}

TEST(TccScenario, TimeoutThenALateRegistrationIsRefused) {
  Play play;
  ASSERT_EQ(play.Prepare(TccDraft()), Verdict::kAccepted);
  ASSERT_EQ(play.Do(TccBranch("01")), Verdict::kAccepted);
  EXPECT_EQ(play.NextPass(), base::Seconds(35));
  EXPECT_EQ(play.Do(TccBranch("02")), Verdict::kCannotRegister);
  EXPECT_EQ(play.Rows(), "SP");
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.transaction().rollback_reason, "Timeout after 35 seconds");
}

TEST(TccScenario, AFailingConfirmStopsThePassAndIsRepeated) {
  Play play;
  PrepareTwo(play);
  play.Script("02", Op::kConfirm, {Outcome::kFailure});
  EXPECT_EQ(play.Submit(TccDraft()), Verdict::kAccepted);
  EXPECT_THAT(play.Calls(), ElementsAre("02/confirm"));
  // DTM would end it as succeed here, unconfirmed (protocol 11.1 #1).
  EXPECT_EQ(play.Submit(TccDraft()), Verdict::kAlready);
  EXPECT_EQ(play.Status(), "submitted");
  EXPECT_EQ(play.NextPass(), base::Seconds(20));
  EXPECT_EQ(play.Rows(), "PSPS");
}

TEST(TccScenario, WhatMayBeAskedWhen) {
  Play play;
  EXPECT_EQ(play.Do(TccBranch("01")), Verdict::kCannotRegister);
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kNotFound);
  PrepareTwo(play);
  EXPECT_EQ(play.Prepare(TccDraft()), Verdict::kAlready);
  EXPECT_EQ(play.Do(TccBranch("01")), Verdict::kAlready);
  core::BranchRegistered other = TccBranch("01");
  other.rows[0].target = "elsewhere:1/P/Cancel";
  EXPECT_EQ(play.Do(other), Verdict::kBranchConflict);
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kAccepted);
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kAlready);
  EXPECT_EQ(play.Submit(TccDraft()), Verdict::kCannotSubmit);
  play.Pass();
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kCannotAbort);
  EXPECT_EQ(play.Prepare(TccDraft()), Verdict::kCannotPrepare);
}

TEST(TccScenario, SubmitWithoutPrepareSucceedsAtOnce) {
  Play play;
  EXPECT_EQ(play.Submit(TccDraft()), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "succeed");
}

}  // namespace
}  // namespace saga::scenario
