// The workflow rows of the protocol's conformance list (10.7) as far as they say something about
// the server, against the rules alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::BranchStatus;
using core::Op;
using core::Status;
using core::Verdict;
using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

core::WorkflowEnded End(Status status, const std::string& reason, const std::string& result) {
  return {.status = status, .rollback_reason = reason, .result = result};
}

// Prepared, with a first step that went well.
void Begin(Play& play) {
  ASSERT_EQ(play.Prepare(WorkflowDraft()), Verdict::kAccepted);
  ASSERT_EQ(play.Do(WorkflowStep("01", Op::kAction, BranchStatus::kSucceed, "reply 1")),
            Verdict::kAccepted);
}

TEST(WorkflowScenario, NormalNothingIsEverCalled) {
  Play play;
  Begin(play);
  EXPECT_EQ(play.Do(WorkflowStep("02", Op::kAction, BranchStatus::kSucceed, "reply 2")),
            Verdict::kAccepted);
  EXPECT_EQ(play.Do(End(Status::kSucceed, "", "YnllcyE=")), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_EQ(play.transaction().result, "YnllcyE=");
  EXPECT_EQ(play.Rows(), "SS");
  EXPECT_THAT(play.Calls(), SizeIs(0));
  EXPECT_EQ(play.NextPass(), base::Seconds(-1));
}

TEST(WorkflowScenario, FailedTellsItsReason) {
  Play play;
  Begin(play);
  EXPECT_EQ(play.Do(WorkflowStep("02", Op::kAction, BranchStatus::kFailed, "no")),
            Verdict::kAccepted);
  EXPECT_EQ(play.Do(WorkflowStep("01", Op::kRollback, BranchStatus::kSucceed, "")),
            Verdict::kAccepted);
  EXPECT_EQ(play.Do(End(Status::kFailed, "no", "")), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.transaction().rollback_reason, "no");
  EXPECT_EQ(play.Rows(), "SFS");
  EXPECT_TRUE(play.transaction().finish_time.IsSet());
}

TEST(WorkflowScenario, WhatIsNotedIsThereForTheNextRun) {
  Play play;
  Begin(play);
  EXPECT_EQ(play.Prepare(WorkflowDraft()), Verdict::kAlready);
  const core::Branch& step = play.transaction().branches.at(1);
  EXPECT_EQ(step.branch_id, "01");
  EXPECT_EQ(step.status, BranchStatus::kSucceed);
  EXPECT_EQ(base::Value(step.payload), "reply 1");
  EXPECT_EQ(step.finish_time, play.Now());
}

TEST(WorkflowScenario, PrepareIsAnsweredInAnyStatus) {
  for (const Status end : {Status::kSucceed, Status::kFailed}) {
    Play play;
    EXPECT_EQ(play.Prepare(WorkflowDraft()), Verdict::kAccepted);
    EXPECT_EQ(play.Prepare(WorkflowDraft()), Verdict::kAlready);
    EXPECT_EQ(play.Do(End(end, "why", "cmVzdWx0")), Verdict::kAccepted);
    EXPECT_EQ(play.Prepare(WorkflowDraft()), Verdict::kAlready);
    EXPECT_EQ(play.transaction().status, end);
    EXPECT_EQ(play.transaction().result, "cmVzdWx0");
  }
}

TEST(WorkflowScenario, AStepIsTakenOnceEvenInTheSameWords) {
  // The sign of a second client that runs the same workflow (protocol 11.1 #11).
  Play play;
  Begin(play);
  EXPECT_EQ(play.Do(WorkflowStep("01", Op::kAction, BranchStatus::kSucceed, "reply 1")),
            Verdict::kBranchConflict);
  EXPECT_EQ(play.Do(WorkflowStep("01", Op::kAction, BranchStatus::kFailed, "no")),
            Verdict::kBranchConflict);
  EXPECT_EQ(play.Do(WorkflowStep("01", Op::kCommit, BranchStatus::kSucceed, "")),
            Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "SS");
}

TEST(WorkflowScenario, EndedTwiceTheSameWayIsDone) {
  Play play;
  Begin(play);
  EXPECT_EQ(play.Do(End(Status::kFailed, "why", "")), Verdict::kAccepted);
  EXPECT_EQ(play.Do(End(Status::kFailed, "why", "")), Verdict::kAlready);
}

TEST(WorkflowScenario, EndedAnotherWayIsRefused) {
  Play play;
  Begin(play);
  EXPECT_EQ(play.Do(End(Status::kSucceed, "", "cmVzdWx0")), Verdict::kAccepted);
  EXPECT_EQ(play.Do(End(Status::kFailed, "", "cmVzdWx0")), Verdict::kCannotEnd);
  EXPECT_EQ(play.Do(End(Status::kSucceed, "", "b3RoZXI=")), Verdict::kCannotEnd);
  EXPECT_EQ(play.Do(End(Status::kSucceed, "a reason", "cmVzdWx0")), Verdict::kCannotEnd);
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_EQ(play.transaction().result, "cmVzdWx0");
  EXPECT_EQ(play.transaction().rollback_reason, "");
}

TEST(WorkflowScenario, CalledBackUntilItEndsWhateverItAnswers) {
  Play play;
  play.Script("00", Op::kCallback,
              {Outcome::kOngoing, Outcome::kUnknown, Outcome::kUnknown, Outcome::kFailure});
  Begin(play);
  EXPECT_FALSE(play.Pass());
  for (int pass = 0; pass < 7; ++pass) {
    EXPECT_EQ(play.NextPass(), base::Seconds(10));
    EXPECT_EQ(play.Status(), "prepared");
  }
  EXPECT_THAT(play.Calls(), SizeIs(7));
  EXPECT_THAT(play.Calls(), Each("00/callback"));
  EXPECT_EQ(play.Rows(), "S");
  EXPECT_EQ(play.Do(End(Status::kSucceed, "", "")), Verdict::kAccepted);
  EXPECT_EQ(play.NextPass(), base::Seconds(-1));
}

TEST(WorkflowScenario, NeverTimesOut) {
  core::GlobalTransaction draft = WorkflowDraft();
  draft.options.timeout_to_fail_s = 5;
  Play play;
  EXPECT_EQ(play.Prepare(draft), Verdict::kAccepted);
  play.Wait(base::Seconds(1'000'000));
  play.Pass();
  EXPECT_EQ(play.Status(), "prepared");
}

TEST(WorkflowScenario, WithoutATargetNobodyIsCalledAndItStaysOpen) {
  core::GlobalTransaction draft = WorkflowDraft();
  draft.branches.clear();
  Play play;
  EXPECT_EQ(play.Prepare(draft), Verdict::kAccepted);
  EXPECT_EQ(play.NextPass(), base::Seconds(-1));
  EXPECT_EQ(play.Do(WorkflowStep("01", Op::kBusiness, BranchStatus::kSucceed, "")),
            Verdict::kAccepted);
  EXPECT_EQ(play.Do(End(Status::kSucceed, "", "")), Verdict::kAccepted);
}

TEST(WorkflowScenario, WhatMayBeAskedWhen) {
  Play play;
  EXPECT_EQ(play.Do(End(Status::kSucceed, "", "")), Verdict::kNotFound);
  EXPECT_EQ(play.Do(WorkflowStep("01", Op::kAction, BranchStatus::kSucceed, "")),
            Verdict::kCannotRegister);
  Begin(play);
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kCannotAbort);
  EXPECT_EQ(play.Do(core::AbortRequested{.by_operator = true}), Verdict::kCannotAbort);
  EXPECT_EQ(play.Do(TccBranch("02")), Verdict::kCannotRegister);
  EXPECT_EQ(play.Do(End(Status::kSucceed, "", "")), Verdict::kAccepted);
  EXPECT_EQ(play.Do(WorkflowStep("02", Op::kAction, BranchStatus::kSucceed, "")),
            Verdict::kCannotRegister);
  EXPECT_EQ(play.Do(core::ForceStopRequested{}), Verdict::kCannotStop);
}

}  // namespace
}  // namespace saga::scenario
