// forceStop (protocol 5.8, 10.1): from any open status straight to failed; nothing is called any
// more and nothing is undone.

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::Op;
using core::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

// Stops it and expects that this was the end of it.
void StopAndExpectSilence(Play& play) {
  const std::vector<std::string> calls = play.Calls();
  const std::string rows = play.Rows();
  EXPECT_EQ(play.Do(core::ForceStopRequested{.actor = "ops"}), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.transaction().finish_time, play.Now());
  EXPECT_EQ(play.NextPass(), base::Seconds(-1));
  play.Wait(base::Seconds(1'000'000));
  EXPECT_THAT(core::Due(play.transaction(), play.Now()), IsEmpty());
  EXPECT_EQ(play.Calls(), calls);
  EXPECT_EQ(play.Rows(), rows);
  EXPECT_EQ(play.Do(core::ForceStopRequested{}), Verdict::kCannotStop);
}

TEST(ForcedStop, PreparedInEveryMode) {
  for (const core::GlobalTransaction& draft :
       {SagaDraft(2), TccDraft(), XaDraft(), MessageDraft(2), WorkflowDraft()}) {
    Play play;
    ASSERT_EQ(play.Prepare(draft), Verdict::kAccepted);
    StopAndExpectSilence(play);
    EXPECT_THAT(play.Calls(), IsEmpty());
  }
}

TEST(ForcedStop, SubmittedInEveryModeThatHasThat) {
  const auto stop = [](core::GlobalTransaction draft, const core::BranchRegistered& branch, Op op) {
    Play play;
    play.Script("01", op, {Outcome::kOngoing});
    if (branch.rows.empty()) {
      ASSERT_EQ(play.Submit(draft), Verdict::kAccepted);
    } else {
      ASSERT_EQ(play.Prepare(draft), Verdict::kAccepted);
      ASSERT_EQ(play.Do(branch), Verdict::kAccepted);
      ASSERT_EQ(play.Submit(draft), Verdict::kAccepted);
    }
    ASSERT_EQ(play.Status(), "submitted");
    StopAndExpectSilence(play);
  };
  stop(SagaDraft(2), {}, Op::kAction);
  stop(MessageDraft(2), {}, Op::kAction);
  stop(TccDraft(), TccBranch("01"), Op::kConfirm);
  stop(XaDraft(), XaBranch("01"), Op::kCommit);
}

TEST(ForcedStop, ASagaHalfRolledBackIsLeftAsItIs) {
  Play play;
  play.Script("02", Op::kAction, {Outcome::kFailure});
  play.Script("01", Op::kCompensate, {Outcome::kUnknown});
  ASSERT_EQ(play.Submit(SagaDraft(2)), Verdict::kAccepted);
  ASSERT_EQ(play.Status(), "aborting");
  StopAndExpectSilence(play);
  EXPECT_EQ(play.Rows(), "PSSF");
  EXPECT_EQ(play.transaction().rollback_reason, "url:a2:1/P/M return failed: the reason");
}

TEST(ForcedStop, AnAnswerThatComesAfterwardsChangesNothing) {
  core::GlobalTransaction saga;
  const core::Context at{.now = base::Time{1'700'000'000'000'000}};
  ASSERT_EQ(core::Create(core::Submitted{SagaDraft(2)}, at, &saga).verdict, Verdict::kAccepted);
  const uint32_t attempt = core::StartCall(saga, 1);
  ASSERT_EQ(core::Step(saga, core::ForceStopRequested{}, at).verdict, Verdict::kAccepted);
  const core::GlobalTransaction stopped = saga;
  for (const Outcome outcome :
       {Outcome::kSuccess, Outcome::kFailure, Outcome::kOngoing, Outcome::kUnknown}) {
    const core::Decision decision =
        core::Step(saga, core::BranchAnswered{1, attempt, outcome, "late"}, at);
    EXPECT_EQ(decision.verdict, Verdict::kAlready);
    EXPECT_FALSE(decision.changed);
    EXPECT_EQ(saga, stopped);
  }
}

TEST(ForcedStop, IsToldInTheHistoryWithWhoDidIt) {
  core::GlobalTransaction tcc;
  const core::Context at{.now = base::Time{1'700'000'000'000'000}};
  ASSERT_EQ(core::Create(core::Prepared{TccDraft()}, at, &tcc).verdict, Verdict::kAccepted);
  const core::Decision decision = core::Step(tcc, core::ForceStopRequested{.actor = "ops"}, at);
  EXPECT_TRUE(decision.durable);
  EXPECT_THAT(decision.history,
              ElementsAre(core::HistoryEntry{
                  .time = at.now, .kind = core::HistoryKind::kForceStopped, .actor = "ops"}));
}

TEST(ForcedStop, NothingThatEndedCanBeStopped) {
  Play absent;
  EXPECT_EQ(absent.Do(core::ForceStopRequested{}), Verdict::kNotFound);

  Play succeeded;
  ASSERT_EQ(succeeded.Submit(SagaDraft(1)), Verdict::kAccepted);
  ASSERT_EQ(succeeded.Status(), "succeed");
  EXPECT_EQ(succeeded.Do(core::ForceStopRequested{}), Verdict::kCannotStop);
  EXPECT_EQ(succeeded.Status(), "succeed");

  Play failed;
  ASSERT_EQ(failed.Prepare(MessageDraft(1)), Verdict::kAccepted);
  ASSERT_EQ(failed.Do(core::AbortRequested{}), Verdict::kAccepted);
  EXPECT_EQ(failed.Do(core::ForceStopRequested{}), Verdict::kCannotStop);
}

}  // namespace
}  // namespace saga::scenario
