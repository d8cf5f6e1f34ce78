// A call that goes out over the fallback: its reply may come in time, late, twice or never.

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

constexpr base::Duration kPatience = base::Seconds(30);

// A saga of two steps whose first action was asked for once, in vain, and then over the fallback.
// The number of that second attempt is 2.
void SendSecondAttempt(Play& play, bool concurrent = false) {
  play.Script("01", Op::kAction, {Outcome::kUnknown});
  core::GlobalTransaction draft = SagaDraft(2);
  draft.concurrent = concurrent;
  if (concurrent) play.Script("02", Op::kAction, {Outcome::kOngoing, Outcome::kFailure});
  (void)play.Submit(draft);
  play.Wait(base::Seconds(20));
  ASSERT_EQ(play.SendOverFallback("01", Op::kAction, kPatience), 2u);
}

TEST(Fallback, IsStoredBeforeItIsSent) {
  Play play;
  SendSecondAttempt(play);
  EXPECT_TRUE(play.last().changed);
  EXPECT_TRUE(play.last().durable);
  EXPECT_THAT(play.last().rows, ElementsAre(1u));
  const core::Branch& row = play.Row("01", Op::kAction);
  EXPECT_TRUE(row.on_fallback);
  EXPECT_TRUE(row.called);
  EXPECT_EQ(row.attempts, 2u);
  EXPECT_EQ(row.next_attempt, play.Now() + kPatience);
  const core::HistoryEntry& line = play.last().history.front();
  EXPECT_EQ(line.kind, core::HistoryKind::kFallback);
  EXPECT_EQ(line.branch_id, "01");
  EXPECT_EQ(line.attempt, 2u);
}

TEST(Fallback, NothingIsDueAndNothingRestsWhileTheReplyIsAwaited) {
  Play play;
  SendSecondAttempt(play);
  EXPECT_THAT(core::Due(play.transaction(), play.Now()), IsEmpty());
  EXPECT_EQ(core::NextWake(play.transaction(), {}), play.Now() + kPatience);
  EXPECT_FALSE(core::AtRest(play.transaction(), play.Now()));
}

TEST(Fallback, AReplyCountsAndIsStoredAtOnce) {
  Play play;
  SendSecondAttempt(play);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kSuccess), Verdict::kAccepted);
  EXPECT_TRUE(play.last().durable);  // the queue forgets it
  EXPECT_FALSE(play.Row("01", Op::kAction).on_fallback);
  (void)play.Pass();
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(Fallback, ASuccessOfACallMayRideOnALaterCommit) {
  Play play;
  core::GlobalTransaction draft = SagaDraft(2);
  (void)play.Prepare(draft);
  (void)play.Do(core::Submitted{draft});
  EXPECT_EQ(play.Answer("01", Op::kAction, 0, Outcome::kSuccess), Verdict::kAccepted);
  EXPECT_FALSE(play.last().durable);
}

TEST(Fallback, ARefusalOverTheQueueTurnsItRound) {
  Play play;
  SendSecondAttempt(play);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kFailure), Verdict::kAccepted);
  (void)play.Pass();
  EXPECT_EQ(play.Status(), "failed");
  EXPECT_EQ(play.Calls().back(), "01/compensate");
}

TEST(Fallback, AnOngoingReplyIsAskedAgain) {
  Play play;
  SendSecondAttempt(play);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kOngoing), Verdict::kAccepted);
  EXPECT_FALSE(play.Row("01", Op::kAction).on_fallback);
  EXPECT_EQ(play.NextPass(), base::Seconds(20));  // one unknown outcome before
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(Fallback, NoReplyInTimeIsAnUnknownOutcome) {
  Play play;
  SendSecondAttempt(play);
  play.Script("01", Op::kAction, {});
  EXPECT_EQ(play.NextPass(), kPatience);
  EXPECT_FALSE(play.Row("01", Op::kAction).on_fallback);
  EXPECT_EQ(play.Row("01", Op::kAction).unknown_streak, 2u);
  EXPECT_EQ(play.Calls().size(), 1u);
  EXPECT_EQ(play.NextPass(), base::Seconds(40));
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(Fallback, AttemptsOverTheFallbackUseUpTheLimitToo) {
  Play play;
  play.LimitAttempts(2);
  SendSecondAttempt(play);
  (void)play.NextPass();
  EXPECT_EQ(play.Row("01", Op::kAction).dead, DeadReason::kAttemptsUsed);
  EXPECT_FALSE(play.Row("01", Op::kAction).on_fallback);
  // The reply comes after all.
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kSuccess), Verdict::kAccepted);
  (void)play.Pass();
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(Fallback, WhicheverAnswerComesFirstCountsOnce) {
  Play play;
  SendSecondAttempt(play);
  (void)play.NextPass();  // nobody replied: unknown
  play.Wait(base::Seconds(40));
  core::GlobalTransaction called = play.transaction();
  EXPECT_EQ(core::StartCall(called, 1), 3u);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kSuccess), Verdict::kAccepted);
  const core::GlobalTransaction settled = play.transaction();
  EXPECT_EQ(play.Answer("01", Op::kAction, 3, Outcome::kSuccess), Verdict::kAlready);
  EXPECT_EQ(play.Answer("01", Op::kAction, 3, Outcome::kFailure), Verdict::kAlready);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kSuccess), Verdict::kAlready);
  EXPECT_EQ(play.transaction(), settled);
}

TEST(Fallback, ALateReplyThatDecidesNothingChangesNothing) {
  for (const Outcome outcome : {Outcome::kUnknown, Outcome::kOngoing}) {
    Play play;
    SendSecondAttempt(play);
    (void)play.NextPass();  // given up
    const core::GlobalTransaction before = play.transaction();
    EXPECT_EQ(play.Reply("01", Op::kAction, 2, outcome), Verdict::kAlready);
    EXPECT_EQ(play.Reply("01", Op::kAction, 1, outcome), Verdict::kAlready);
    EXPECT_EQ(play.transaction(), before);
  }
}

// A queue may deliver a reply any number of times; that is no reason to die sooner.
TEST(Fallback, ARepeatedReplyCountsOnce) {
  Play play;
  play.LimitAttempts(3);
  SendSecondAttempt(play);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kUnknown), Verdict::kAccepted);
  const core::GlobalTransaction before = play.transaction();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kUnknown), Verdict::kAlready);
    EXPECT_FALSE(play.last().changed);
  }
  EXPECT_EQ(play.transaction(), before);
  EXPECT_EQ(play.Row("01", Op::kAction).dead, DeadReason::kNone);
}

TEST(Fallback, AReplyToAnEarlierAttemptDecidesToo) {
  Play play;
  SendSecondAttempt(play);
  (void)play.NextPass();
  play.Wait(base::Seconds(40));
  ASSERT_EQ(play.SendOverFallback("01", Op::kAction, kPatience), 3u);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kUnknown), Verdict::kAlready);
  EXPECT_TRUE(play.Row("01", Op::kAction).on_fallback);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kSuccess), Verdict::kAccepted);
  EXPECT_FALSE(play.Row("01", Op::kAction).on_fallback);
  (void)play.Pass();
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(Fallback, WhatTurnsTheTransactionRoundEndsTheWaitForAReply) {
  Play play;
  SendSecondAttempt(play, true);
  (void)play.Do(core::Woken{});
  core::GlobalTransaction called = play.transaction();
  EXPECT_EQ(play.Answer("02", Op::kAction, called.branches[3].attempts, Outcome::kFailure),
            Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "aborting");
  EXPECT_FALSE(play.Row("01", Op::kAction).on_fallback);
  EXPECT_THAT(play.last().rows, testing::Contains(1u));
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kSuccess), Verdict::kAlready);
  (void)play.Pass();
  EXPECT_EQ(play.Status(), "failed");
  // It may have run: it is undone, although nobody ever answered.
  EXPECT_THAT(play.Calls(), testing::Contains("01/compensate"));
}

TEST(Fallback, AForcedStopEndsTheWaitForAReply) {
  Play play;
  SendSecondAttempt(play);
  EXPECT_EQ(play.Do(core::ForceStopRequested{.actor = "ops"}), Verdict::kAccepted);
  EXPECT_FALSE(play.Row("01", Op::kAction).on_fallback);
  EXPECT_EQ(core::NextWake(play.transaction(), {}), base::kNever);
  EXPECT_EQ(play.Reply("01", Op::kAction, 2, Outcome::kSuccess), Verdict::kAlready);
}

TEST(Fallback, AnOperatorsRetryNowWaitsForTheReply) {
  Play play;
  SendSecondAttempt(play);
  EXPECT_EQ(play.Do(core::RetryRequested{.actor = "ops"}), Verdict::kNothingToRetry);
  EXPECT_TRUE(play.Row("01", Op::kAction).on_fallback);
  EXPECT_EQ(core::NextWake(play.transaction(), {}), play.Now() + kPatience);
}

TEST(Fallback, EveryCalleeMayBeReachedByIt) {
  for (const Callee& callee : Callees()) {
    Play play;
    CallFor(play, callee, {Outcome::kUnknown});
    play.Wait(base::Seconds(20));
    ASSERT_EQ(play.SendOverFallback("01", callee.op, kPatience), 2u) << Name(callee);
    EXPECT_EQ(play.Reply("01", callee.op, 2, Outcome::kSuccess), Verdict::kAccepted);
    (void)play.Pass();
    EXPECT_TRUE(core::IsFinal(play.transaction().status)) << Name(callee);
  }
}

TEST(Fallback, WhoMayGoRoundIsAskedAgainSoonAndIsNotAtRestUntilThen) {
  const auto unreached = [](bool way_round) {
    core::GlobalTransaction transaction;
    const base::Time now{1'700'000'000'000'000};
    (void)core::Create(core::Submitted{SagaDraft(1)}, {.now = now}, &transaction);
    const uint32_t attempt = core::StartCall(transaction, 1);
    (void)core::Step(
        transaction,
        core::BranchAnswered{
            .row = 1, .attempt = attempt, .outcome = Outcome::kUnknown, .way_round = way_round},
        {.now = now, .jitter = 0.999});
    EXPECT_EQ(core::AtRest(transaction, now), !way_round);
    return core::NextWake(transaction, {}) - now;
  };
  EXPECT_GE(unreached(true), core::kWayRoundPause);
  EXPECT_LE(unreached(true), base::Millis(55));
  EXPECT_GE(unreached(false), base::Seconds(20));
}

}  // namespace
}  // namespace saga::scenario
