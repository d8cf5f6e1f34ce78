// The message rows of the protocol's conformance list (10.2), against the rules alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::Op;
using core::Verdict;
using testing::ElementsAre;

TEST(MessageScenario, Normal) {
  Play play;
  EXPECT_EQ(play.Submit(MessageDraft(2)), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "SS");
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(MessageScenario, CheckBackOngoingThenSuccessThenAnOngoingBranch) {
  Play play;
  play.Script("00", Op::kQuery, {Outcome::kOngoing});
  play.Script("02", Op::kAction, {Outcome::kOngoing});
  EXPECT_EQ(play.Prepare(MessageDraft(2)), Verdict::kAccepted);
  EXPECT_FALSE(play.Pass());
  EXPECT_EQ(play.NextPass(), base::Seconds(35));
  EXPECT_EQ(play.Status(), "prepared");
  EXPECT_EQ(play.NextPass(), base::Seconds(10));
  EXPECT_EQ(play.Status(), "submitted");
  EXPECT_EQ(play.Rows(), "SP");
  EXPECT_EQ(play.NextPass(), base::Seconds(10));
  EXPECT_EQ(play.Rows(), "SS");
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(MessageScenario, CheckBackFailure) {
  Play play;
  play.Script("00", Op::kQuery, {Outcome::kOngoing, Outcome::kFailure});
  EXPECT_EQ(play.Prepare(MessageDraft(2)), Verdict::kAccepted);
  play.NextPass();
  EXPECT_EQ(play.Status(), "prepared");
  play.NextPass();
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.Rows(), "PP");
  EXPECT_EQ(play.transaction().rollback_reason, "");
}

TEST(MessageScenario, PrepareTwiceSubmitThenNoMorePrepare) {
  Play play;
  EXPECT_EQ(play.Prepare(MessageDraft(1)), Verdict::kAccepted);
  EXPECT_EQ(play.Prepare(MessageDraft(1)), Verdict::kAlready);
  EXPECT_EQ(play.Submit(MessageDraft(1)), Verdict::kAccepted);
  EXPECT_EQ(play.Prepare(MessageDraft(1)), Verdict::kCannotPrepare);
}

TEST(MessageScenario, OwnTimeout) {
  core::GlobalTransaction draft = MessageDraft(1);
  draft.options.timeout_to_fail_s = 120;
  Play play;
  EXPECT_EQ(play.Prepare(draft), Verdict::kAccepted);
  play.Wait(base::Seconds(119));
  EXPECT_FALSE(play.Pass());
  play.Wait(base::Seconds(1));
  EXPECT_TRUE(play.Pass());
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(MessageScenario, Delay) {
  core::GlobalTransaction draft = MessageDraft(2);
  draft.delay_s = 10;
  Play play;
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  EXPECT_EQ(play.Rows(), "PP");
  EXPECT_EQ(play.Status(), "submitted");
  play.Wait(base::Seconds(8));
  EXPECT_FALSE(play.Pass());
  EXPECT_EQ(play.NextPass(), base::Seconds(2));
  EXPECT_EQ(play.Rows(), "SS");
}

TEST(MessageScenario, ABranchThatRefusesIsAskedAgainForEver) {
  Play play;
  play.Script("01", Op::kAction, {Outcome::kFailure, Outcome::kFailure});
  EXPECT_EQ(play.Submit(MessageDraft(2)), Verdict::kAccepted);
  EXPECT_THAT(play.Calls(), ElementsAre("01/action"));
  EXPECT_EQ(play.NextPass(), base::Seconds(20));
  EXPECT_EQ(play.NextPass(), base::Seconds(40));
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(MessageScenario, AbortOnlyWhilePrepared) {
  Play play;
  EXPECT_EQ(play.Prepare(MessageDraft(1)), Verdict::kAccepted);
  EXPECT_EQ(play.Do(core::AbortRequested{}), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "failed");
  Play other;
  other.Script("01", Op::kAction, {Outcome::kOngoing});
  EXPECT_EQ(other.Submit(MessageDraft(1)), Verdict::kAccepted);
  EXPECT_EQ(other.Do(core::AbortRequested{.by_operator = true}), Verdict::kCannotAbort);
}

}  // namespace
}  // namespace saga::scenario
