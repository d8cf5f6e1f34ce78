// Asking twice: in the same words it is a question whether the first time arrived, in other words
// it is refused and told so (protocol 5.8, 11.1 #1, #7 and #11).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::Op;
using core::Verdict;
using testing::ElementsAre;

core::GlobalTransaction WithOtherTarget(core::GlobalTransaction draft) {
  draft.branches.at(1).target = "elsewhere:1/P/M";
  return draft;
}

core::GlobalTransaction WithOtherPayload(core::GlobalTransaction draft) {
  draft.branches.at(1).payload = base::MakeBytes("other");
  return draft;
}

// A submitted saga that waits for its first action.
void Submit(Play& play) {
  play.Script("01", Op::kAction, {Outcome::kOngoing});
  ASSERT_EQ(play.Submit(SagaDraft(2)), Verdict::kAccepted);
  ASSERT_EQ(play.Status(), "submitted");
}

TEST(RepeatedSubmit, InTheSameWordsItArrivedAndNothingStartsOver) {
  Play play;
  Submit(play);
  const core::GlobalTransaction before = play.transaction();
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAlready);
  EXPECT_EQ(play.transaction(), before);
  EXPECT_THAT(play.Calls(), ElementsAre("01/action"));
  play.NextPass();
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kCannotSubmit);
}

TEST(RepeatedSubmit, WithOtherBranchesIsToldSoWhileItRunsAndAfterwards) {
  Play play;
  Submit(play);
  const auto expect_other = [&play](const core::GlobalTransaction& draft) {
    const core::GlobalTransaction before = play.transaction();
    EXPECT_EQ(play.Submit(draft), Verdict::kOtherContent);
    EXPECT_EQ(play.transaction(), before);
  };
  for (int when = 0; when < 2; ++when) {
    expect_other(SagaDraft(1));
    expect_other(SagaDraft(3));
    expect_other(WithOtherTarget(SagaDraft(2)));
    expect_other(WithOtherPayload(SagaDraft(2)));
    play.NextPass();
    ASSERT_EQ(play.Status(), "succeed");
  }
}

TEST(RepeatedSubmit, WithoutBranchesIsAboutTheGid) {
  Play play;
  Submit(play);
  EXPECT_EQ(play.Submit(SagaDraft(0)), Verdict::kAlready);
}

TEST(RepeatedSubmit, WhoseRowsVaryIsTheSameWhateverTheyAre) {
  // A topic may have got another receiver between the two.
  Play play;
  play.Script("01", Op::kAction, {Outcome::kOngoing});
  ASSERT_EQ(play.Do(core::Submitted{MessageDraft(2), true}), Verdict::kAccepted);
  ASSERT_EQ(play.Status(), "submitted");
  EXPECT_EQ(play.Do(core::Submitted{MessageDraft(3), true}), Verdict::kAlready);
  EXPECT_EQ(play.Do(core::Submitted{MessageDraft(3), false}), Verdict::kOtherContent);
  EXPECT_EQ(play.Rows(), "PP");
}

TEST(RepeatedSubmit, OfAnotherModeIsRefused) {
  Play play;
  Submit(play);
  EXPECT_EQ(play.Submit(TccDraft()), Verdict::kOtherContent);
  EXPECT_EQ(play.Submit(MessageDraft(2)), Verdict::kOtherContent);
  EXPECT_EQ(play.Prepare(XaDraft()), Verdict::kOtherContent);
  EXPECT_EQ(play.Prepare(WorkflowDraft()), Verdict::kOtherContent);
  EXPECT_EQ(play.Prepare(SagaDraft(2)), Verdict::kCannotPrepare);
  Play prepared;
  ASSERT_EQ(prepared.Prepare(TccDraft()), Verdict::kAccepted);
  EXPECT_EQ(prepared.Submit(SagaDraft(1)), Verdict::kOtherContent);
  EXPECT_EQ(prepared.Status(), "prepared");
}

TEST(RepeatedSubmit, AfterAnAbortIsRefused) {
  Play play;
  ASSERT_EQ(play.Prepare(TccDraft()), Verdict::kAccepted);
  ASSERT_EQ(play.Do(TccBranch("01")), Verdict::kAccepted);
  ASSERT_EQ(play.Do(core::AbortRequested{}), Verdict::kAccepted);
  ASSERT_EQ(play.Status(), "aborting");
  EXPECT_EQ(play.Submit(TccDraft()), Verdict::kCannotSubmit);
}

TEST(SubmitAfterPrepare, TheStoredBranchesCount) {
  // What the prepare named is what the check-back vouches for.
  Play play;
  ASSERT_EQ(play.Prepare(MessageDraft(2)), Verdict::kAccepted);
  EXPECT_EQ(play.Submit(MessageDraft(3)), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "SS");
  EXPECT_EQ(play.Submit(MessageDraft(3)), Verdict::kOtherContent);
  EXPECT_EQ(play.Submit(MessageDraft(2)), Verdict::kCannotSubmit);
}

TEST(RepeatedRegistration, InTheSameWordsItIsSoAlready) {
  for (const bool xa : {false, true}) {
    Play play;
    ASSERT_EQ(play.Prepare(xa ? XaDraft() : TccDraft()), Verdict::kAccepted);
    const core::BranchRegistered branch = xa ? XaBranch("01") : TccBranch("01");
    EXPECT_EQ(play.Do(branch), Verdict::kAccepted);
    EXPECT_EQ(play.Do(branch), Verdict::kAlready);
    EXPECT_EQ(play.Rows(), "PP");
  }
}

TEST(RepeatedRegistration, InOtherWordsIsAConflict) {
  Play play;
  ASSERT_EQ(play.Prepare(TccDraft()), Verdict::kAccepted);
  ASSERT_EQ(play.Do(TccBranch("01")), Verdict::kAccepted);
  core::BranchRegistered other_target = TccBranch("01");
  other_target.rows[1].target = "elsewhere:1/P/Confirm";
  EXPECT_EQ(play.Do(other_target), Verdict::kBranchConflict);
  core::BranchRegistered other_payload = TccBranch("01");
  other_payload.rows[0].payload = base::MakeBytes("other");
  EXPECT_EQ(play.Do(other_payload), Verdict::kBranchConflict);
  EXPECT_EQ(play.Rows(), "PP");
}

}  // namespace
}  // namespace saga::scenario
