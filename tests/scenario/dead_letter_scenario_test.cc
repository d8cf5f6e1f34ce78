// When a branch op becomes a dead letter, and what happens to one without an operator.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/dying.h"

namespace saga::scenario {
namespace {

using core::DeadReason;
using core::Op;
using core::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

size_t CallsUntilDead(Play& play, const std::string& branch_id, Op op) {
  for (int i = 0; i < 50 && play.Row(branch_id, op).dead == DeadReason::kNone; ++i)
    (void)play.NextPass();
  return play.Row(branch_id, op).attempts;
}

TEST(DeadLetter, AUsedUpLimitKillsInEveryModeAndNothingIsCalledAnyMore) {
  for (const Callee& callee : Callees()) {
    Play play;
    play.LimitAttempts(3);
    CallFor(play, callee, std::vector<Outcome>(9, Outcome::kUnknown));
    const base::Time first = play.Now();
    EXPECT_EQ(CallsUntilDead(play, "01", callee.op), 3u) << Name(callee);
    const core::Branch dead = play.Row("01", callee.op);
    EXPECT_EQ(dead.dead, DeadReason::kAttemptsUsed);
    EXPECT_EQ(dead.deaths, 1u);
    EXPECT_EQ(dead.dead_time, play.Now());
    EXPECT_EQ(dead.first_failure, first);
    EXPECT_EQ(dead.last_failure, play.Now());
    EXPECT_EQ(dead.last_error, "the reason");
    EXPECT_EQ(dead.status, core::BranchStatus::kPrepared);
    const core::Status status = play.transaction().status;
    EXPECT_FALSE(core::IsFinal(status)) << Name(callee);

    EXPECT_EQ(play.NextPass(), base::Seconds(-1)) << Name(callee);
    play.Wait(base::Seconds(1'000'000));
    EXPECT_THAT(core::Due(play.transaction(), play.Now()), IsEmpty());
    EXPECT_EQ(play.Do(core::RetryRequested{.actor = "ops"}), Verdict::kNothingToRetry);
    EXPECT_EQ(play.transaction().status, status);
    EXPECT_TRUE(core::AtRest(play.transaction(), play.Now()));
  }
}

TEST(DeadLetter, ADeathIsStoredAtOnceWithItsHistoryAndToldOnce) {
  Play play;
  LetDie(play, {core::Mode::kSaga, Op::kAction});
  EXPECT_TRUE(play.last().durable);
  EXPECT_THAT(play.last().rows, ElementsAre(1u));
  EXPECT_THAT(play.notices(), ElementsAre(core::Notice{core::Notice::Kind::kDead, 1}));
  const core::HistoryEntry& last = play.history().back();
  EXPECT_EQ(last.kind, core::HistoryKind::kDead);
  EXPECT_EQ(last.branch_id, "01");
  EXPECT_EQ(last.op, Op::kAction);
  EXPECT_EQ(last.attempt, 1u);
  EXPECT_EQ(last.text, "attempts_used");
}

TEST(DeadLetter, AnEndIsToldOnceToo) {
  Play play;
  play.Script("02", Op::kAction, {Outcome::kFailure});
  (void)play.Submit(SagaDraft(2));
  EXPECT_THAT(play.notices(), ElementsAre(core::Notice{core::Notice::Kind::kEnded, 0}));
}

TEST(DeadLetter, TheNearestLimitCounts) {
  struct Case {
    uint32_t step;
    int64_t transaction;
    uint32_t answer;
    size_t calls;
  };
  for (const Case& one :
       {Case{2, 3, 4, 2}, {4, 3, 2, 4}, {0, 3, 4, 3}, {0, 5, 1, 5}, {0, 0, 4, 4}}) {
    Play play;
    play.LimitAttempts(one.answer);
    play.Script("01", Op::kAction, std::vector<Outcome>(9, Outcome::kUnknown));
    core::GlobalTransaction draft = SagaDraft(1);
    draft.options.attempt_limit = one.transaction;
    draft.branches[1].retry.attempt_limit = one.step;
    ASSERT_EQ(play.Submit(draft), Verdict::kAccepted);
    EXPECT_EQ(CallsUntilDead(play, "01", Op::kAction), one.calls);
  }
}

TEST(DeadLetter, WithoutALimitNothingDies) {
  for (const Callee& callee : Callees()) {
    Play play;
    play.SayHopeless(DeadReason::kUnknownMethod);
    CallFor(play, callee, std::vector<Outcome>(30, Outcome::kUnknown));
    for (int i = 0; i < 30; ++i) (void)play.NextPass();
    EXPECT_TRUE(core::IsFinal(play.transaction().status)) << Name(callee);
    EXPECT_EQ(play.Row("01", callee.op).deaths, 0u);
    EXPECT_EQ(play.Row("01", callee.op).attempts, 31u);
  }
}

TEST(DeadLetter, AHopelessAnswerKillsAtOnce) {
  for (const DeadReason reason :
       {DeadReason::kUnknownMethod, DeadReason::kContract, DeadReason::kUndecodable}) {
    Play play;
    play.LimitAttempts(20);
    play.SayHopeless(reason);
    CallFor(play, {core::Mode::kSaga, Op::kAction}, {Outcome::kUnknown});
    EXPECT_EQ(play.Row("01", Op::kAction).dead, reason);
    EXPECT_EQ(play.Row("01", Op::kAction).attempts, 1u);
  }
}

TEST(DeadLetter, OngoingNeitherKillsNorCounts) {
  Play play;
  play.LimitAttempts(2);
  std::vector<Outcome> outcomes(30, Outcome::kOngoing);
  outcomes[10] = Outcome::kUnknown;
  CallFor(play, {core::Mode::kSaga, Op::kAction}, outcomes);
  for (int i = 0; i < 30; ++i) (void)play.NextPass();
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_EQ(play.Row("01", Op::kAction).attempts, 31u);
}

TEST(DeadLetter, ARefusalThatIsNoneIsABrokenContract) {
  for (const Callee& callee : Callees()) {
    Play play;
    play.LimitAttempts(20);
    CallFor(play, callee, {Outcome::kFailure});
    const bool may_refuse = callee.mode == core::Mode::kSaga && callee.op == Op::kAction;
    EXPECT_EQ(play.Row("01", callee.op).dead,
              may_refuse ? DeadReason::kNone : DeadReason::kContract)
        << Name(callee);
    EXPECT_EQ(play.Row("01", callee.op).attempts, 1u);
  }
}

TEST(DeadLetter, AskBacksNeverDie) {
  for (const Outcome outcome : {Outcome::kUnknown, Outcome::kOngoing}) {
    Play message;
    message.LimitAttempts(1);
    message.SayHopeless(DeadReason::kUnknownMethod);
    message.Script("00", Op::kQuery, std::vector<Outcome>(9, outcome));
    (void)message.Prepare(MessageDraft(1));
    for (int i = 0; i < 9; ++i) (void)message.NextPass();
    EXPECT_EQ(message.Row("00", Op::kQuery).attempts, 9u);
    EXPECT_EQ(message.Row("00", Op::kQuery).deaths, 0u);
    (void)message.NextPass();
    EXPECT_EQ(message.Status(), "succeed");
  }
  Play workflow;
  workflow.LimitAttempts(1);
  workflow.SayHopeless(DeadReason::kContract);
  workflow.Script("00", Op::kCallback, {Outcome::kUnknown, Outcome::kFailure, Outcome::kUnknown});
  (void)workflow.Prepare(WorkflowDraft());
  for (int i = 0; i < 9; ++i) (void)workflow.NextPass();
  EXPECT_EQ(workflow.Row("00", Op::kCallback).attempts, 9u);
  EXPECT_EQ(workflow.Row("00", Op::kCallback).deaths, 0u);
}

TEST(DeadLetter, ActionsUnderARetryLimitEndByThatAndTheirCompensationsMayDie) {
  Play play;
  play.LimitAttempts(1);
  play.SayHopeless(DeadReason::kUnknownMethod);
  play.Script("02", Op::kAction, std::vector<Outcome>(9, Outcome::kUnknown));
  play.Script("02", Op::kCompensate, {Outcome::kUnknown});
  core::GlobalTransaction draft = SagaDraft(2);
  draft.options.retry_limit = 2;
  (void)play.Submit(draft);
  for (int i = 0; i < 9; ++i) (void)play.NextPass();
  EXPECT_EQ(play.Status(), "aborting");
  EXPECT_EQ(play.Row("02", Op::kAction).deaths, 0u);
  EXPECT_EQ(play.Row("02", Op::kCompensate).dead, DeadReason::kUnknownMethod);
}

TEST(DeadLetter, OthersThatDoNotWaitForItGoOn) {
  Play play;
  play.LimitAttempts(1);
  play.Script("01", Op::kAction, {Outcome::kUnknown});
  core::GlobalTransaction draft = SagaDraft(3);
  draft.concurrent = true;
  draft.predecessors = {{}, {}, {0}};  // only the third waits for the first
  (void)play.Submit(draft);
  EXPECT_THAT(play.Calls(), ElementsAre("01/action", "02/action"));
  EXPECT_EQ(play.Rows(), "PPPSPP");
  EXPECT_EQ(play.Status(), "submitted");
}

TEST(DeadLetter, WhatTurnsTheTransactionRoundLeavesNobodyToDecideAboutIt) {
  const auto dead = [](Play& play, int64_t timeout) {
    play.LimitAttempts(1);
    play.Script("01", Op::kAction, {Outcome::kUnknown});
    core::GlobalTransaction draft = SagaDraft(2);
    draft.concurrent = true;
    draft.options.timeout_to_fail_s = timeout;
    play.Script("02", Op::kAction, {Outcome::kOngoing, Outcome::kFailure});
    (void)play.Submit(draft);
    ASSERT_EQ(play.Row("01", Op::kAction).dead, DeadReason::kAttemptsUsed);
  };
  const auto expect_undone = [](const Play& play) {
    EXPECT_EQ(play.Row("01", Op::kAction).dead, DeadReason::kNone);
    EXPECT_EQ(play.Row("01", Op::kAction).deaths, 1u);
    EXPECT_EQ(play.Row("01", Op::kCompensate).status, core::BranchStatus::kSucceed);
    EXPECT_EQ(play.Status(), "failed");
  };
  Play refused;
  dead(refused, 0);
  (void)refused.NextPass();
  expect_undone(refused);

  Play late;
  dead(late, 5);
  EXPECT_EQ(late.NextPass(), base::Seconds(5));
  expect_undone(late);

  Play aborted;
  dead(aborted, 0);
  EXPECT_EQ(aborted.Do(core::AbortRequested{.reason = "no", .actor = "ops", .by_operator = true}),
            Verdict::kAccepted);
  EXPECT_THAT(aborted.last().rows, testing::Contains(1u));  // the mark goes in the store too
  (void)aborted.Pass();
  expect_undone(aborted);

  Play stopped;
  dead(stopped, 0);
  EXPECT_EQ(stopped.Do(core::ForceStopRequested{.actor = "ops"}), Verdict::kAccepted);
  EXPECT_EQ(stopped.Row("01", Op::kAction).dead, DeadReason::kNone);
  EXPECT_EQ(stopped.Status(), "failed");
}

TEST(DeadLetter, NobodyDiesOfAnAnswerThatComesAsTheTimeRunsOut) {
  Play play;
  play.LimitAttempts(1);
  core::GlobalTransaction draft = SagaDraft(1);
  draft.options.timeout_to_fail_s = 5;
  (void)play.Prepare(draft);
  (void)play.Do(core::Submitted{draft});
  core::GlobalTransaction transaction = play.transaction();
  const uint32_t attempt = core::StartCall(transaction, 1);
  const core::Decision decision = core::Step(
      transaction,
      core::BranchAnswered{
          .row = 1, .attempt = attempt, .outcome = Outcome::kUnknown, .attempt_limit = 1},
      {.now = play.Now() + base::Seconds(5)});
  EXPECT_EQ(transaction.status, core::Status::kAborting);
  EXPECT_EQ(transaction.branches[1].deaths, 0u);
  EXPECT_THAT(decision.notices, IsEmpty());  // a notice would tell of a dead letter that is none
}

// --- answers that come to a dead one

TEST(DeadLetter, ALateSuccessCounts) {
  for (const Callee& callee : Callees()) {
    Play play;
    LetDie(play, callee);
    EXPECT_EQ(play.Answer("01", callee.op, 1, Outcome::kSuccess), Verdict::kAccepted);
    EXPECT_TRUE(play.last().durable);  // an operator was told that it is dead
    EXPECT_EQ(play.Row("01", callee.op).dead, DeadReason::kNone);
    EXPECT_EQ(play.Row("01", callee.op).status, core::BranchStatus::kSucceed);
    (void)play.Pass();
    EXPECT_TRUE(core::IsFinal(play.transaction().status)) << Name(callee);
  }
}

TEST(DeadLetter, ALateRefusalOfAnActionCounts) {
  Play play;
  LetDie(play, {core::Mode::kSaga, Op::kAction});
  EXPECT_EQ(play.Answer("01", Op::kAction, 1, Outcome::kFailure), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "aborting");
  EXPECT_EQ(play.Row("01", Op::kAction).dead, DeadReason::kNone);
  (void)play.Pass();
  EXPECT_EQ(play.Status(), "failed");
}

TEST(DeadLetter, ALateAnswerThatDecidesNothingChangesNothing) {
  for (const Callee& callee : Callees()) {
    for (const Outcome outcome : {Outcome::kUnknown, Outcome::kOngoing}) {
      Play play;
      LetDie(play, callee);
      const core::GlobalTransaction before = play.transaction();
      EXPECT_EQ(play.Answer("01", callee.op, 1, outcome), Verdict::kAlready) << Name(callee);
      EXPECT_EQ(play.transaction(), before);
      EXPECT_FALSE(play.last().changed);
    }
  }
}

// Otherwise a reply that a queue delivers again would make an operator's token stale each time, or
// kill what was just replayed.
TEST(DeadLetter, ARefusalHeardAgainIsNoNewDeath) {
  for (const Callee& callee : Callees()) {
    if (callee.mode == core::Mode::kSaga && callee.op == Op::kAction) continue;
    Play play;
    play.LimitAttempts(20);
    CallFor(play, callee, {Outcome::kFailure});
    ASSERT_EQ(play.Row("01", callee.op).dead, DeadReason::kContract) << Name(callee);
    const core::GlobalTransaction before = play.transaction();
    EXPECT_EQ(play.Reply("01", callee.op, 1, Outcome::kFailure), Verdict::kAlready);
    EXPECT_EQ(play.transaction(), before);
    EXPECT_FALSE(play.last().changed);

    (void)play.Do(Act(core::DeadLetterAct::Kind::kReplay, callee.op));
    ASSERT_EQ(play.SendOverFallback("01", callee.op, base::Seconds(30)), 2u);
    EXPECT_EQ(play.Reply("01", callee.op, 1, Outcome::kFailure), Verdict::kAlready);
    EXPECT_TRUE(play.Row("01", callee.op).on_fallback);
    EXPECT_EQ(play.Reply("01", callee.op, 2, Outcome::kSuccess), Verdict::kAccepted);
  }
}

}  // namespace
}  // namespace saga::scenario
