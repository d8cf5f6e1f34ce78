// What an operator may decide about a dead letter, and what comes of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/dying.h"

namespace saga::scenario {
namespace {

using core::DeadReason;
using core::Op;
using core::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = core::DeadLetterAct::Kind;

constexpr Kind kAll[] = {Kind::kReplay,  Kind::kEdit,          Kind::kResolveDone,
                         Kind::kDiscard, Kind::kResolveFailed, Kind::kResolveCompensated};

bool IsSagaAction(const Callee& callee) {
  return callee.mode == core::Mode::kSaga && callee.op == Op::kAction;
}

// The rules in one table: what may be settled how.
Verdict Expected(const Callee& callee, Kind kind) {
  switch (kind) {
    case Kind::kReplay:
    case Kind::kEdit:
    case Kind::kResolveDone:
      return Verdict::kAccepted;
    case Kind::kResolveCompensated:
      return IsSagaAction(callee) || callee.op == Op::kCompensate ? Verdict::kAccepted
                                                                  : Verdict::kCannotResolve;
    case Kind::kResolveFailed:
      return IsSagaAction(callee) ? Verdict::kAccepted : Verdict::kCannotResolve;
    case Kind::kDiscard:
      return IsSagaAction(callee) ? Verdict::kCannotResolve : Verdict::kAccepted;
  }
  return Verdict::kNotFound;
}

TEST(DeadLetterAct, WhatMayBeDoneToWhichOp) {
  for (const Callee& callee : Callees()) {
    for (const Kind kind : kAll) {
      Play play;
      LetDie(play, callee);
      const core::GlobalTransaction before = play.transaction();
      const Verdict verdict = play.Do(Act(kind, callee.op));
      EXPECT_EQ(verdict, Expected(callee, kind)) << Name(callee) << " " << static_cast<int>(kind);
      if (verdict == Verdict::kAccepted) {
        EXPECT_TRUE(play.last().durable);
        EXPECT_TRUE(play.last().changed);
      } else {
        EXPECT_EQ(play.transaction(), before);
        EXPECT_FALSE(play.last().changed);
        EXPECT_THAT(play.last().history, IsEmpty());
      }
    }
  }
}

TEST(DeadLetterAct, OneThatIsMeantForAnotherDeathDoesNothing) {
  for (const Kind kind : kAll) {
    Play play;
    LetDie(play, {core::Mode::kSaga, Op::kAction});
    const core::GlobalTransaction before = play.transaction();
    EXPECT_EQ(play.Do(Act(kind, Op::kAction, 2)), Verdict::kNoDeadLetter);
    EXPECT_EQ(play.Do(Act(kind, Op::kAction, 0)), Verdict::kNoDeadLetter);
    EXPECT_EQ(play.Do(Act(kind, Op::kConfirm)), Verdict::kNoDeadLetter);
    EXPECT_EQ(play.Do(Act(kind, Op::kCompensate)), Verdict::kNoDeadLetter);  // alive
    core::DeadLetterAct elsewhere = Act(kind, Op::kAction);
    elsewhere.branch_id = "09";
    EXPECT_EQ(play.Do(elsewhere), Verdict::kNoDeadLetter);
    EXPECT_EQ(play.transaction(), before);
  }
}

TEST(DeadLetterAct, OneOnAnEndedTransactionDoesNothing) {
  for (const Kind kind : kAll) {
    Play play;
    LetDie(play, {core::Mode::kSaga, Op::kAction});
    (void)play.Do(core::ForceStopRequested{.actor = "ops"});
    EXPECT_EQ(play.Do(Act(kind, Op::kAction)), Verdict::kNoDeadLetter);
    EXPECT_EQ(play.Status(), "failed");
  }
}

// --- replay

TEST(Replay, CallsAtOnceWithAFreshLimit) {
  for (const Callee& callee : Callees()) {
    Play play;
    play.LimitAttempts(2);
    CallFor(play, callee, std::vector<Outcome>(3, Outcome::kUnknown));
    (void)play.NextPass();
    ASSERT_EQ(play.Row("01", callee.op).dead, DeadReason::kAttemptsUsed) << Name(callee);
    play.Wait(base::Seconds(3600));
    EXPECT_EQ(play.Do(Act(Kind::kReplay, callee.op)), Verdict::kAccepted);
    EXPECT_EQ(play.Row("01", callee.op).unknown_streak, 0u);
    EXPECT_TRUE(play.Pass());  // the third call: unknown, and one is left
    EXPECT_EQ(play.Row("01", callee.op).dead, DeadReason::kNone) << Name(callee);
    EXPECT_EQ(play.Row("01", callee.op).first_failure, play.Now());
    EXPECT_EQ(play.NextPass(), base::Seconds(20));
    EXPECT_TRUE(core::IsFinal(play.transaction().status)) << Name(callee);
  }
}

TEST(Replay, DyingAgainMakesTheOldDeathStale) {
  Play play;
  play.LimitAttempts(1);
  CallFor(play, {core::Mode::kSaga, Op::kAction}, std::vector<Outcome>(2, Outcome::kUnknown));
  EXPECT_EQ(play.Do(Act(Kind::kReplay, Op::kAction)), Verdict::kAccepted);
  EXPECT_EQ(play.Do(Act(Kind::kReplay, Op::kAction)), Verdict::kNoDeadLetter);  // on its way
  (void)play.Pass();
  EXPECT_EQ(play.Row("01", Op::kAction).deaths, 2u);
  EXPECT_EQ(play.notices().size(), 2u);
  EXPECT_EQ(play.Do(Act(Kind::kReplay, Op::kAction)), Verdict::kNoDeadLetter);
  EXPECT_EQ(play.Do(Act(Kind::kReplay, Op::kAction, 2)), Verdict::kAccepted);
  (void)play.Pass();
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(Replay, WhatComesOfItIsStoredAtOnce) {
  Play play;
  LetDie(play, {core::Mode::kMessage, Op::kAction});
  (void)play.Do(Act(Kind::kReplay, Op::kAction));
  core::GlobalTransaction transaction = play.transaction();
  const uint32_t attempt = core::StartCall(transaction, 0);
  EXPECT_TRUE(
      core::Step(transaction,
                 core::BranchAnswered{.row = 0, .attempt = attempt, .outcome = Outcome::kSuccess},
                 {.now = play.Now()})
          .durable);
}

// --- edit

TEST(Edit, ReplacesThePayloadAndLeavesItDead) {
  Play play;
  play.LimitAttempts(1);
  play.Script("01", Op::kAction, {Outcome::kUnknown});
  core::GlobalTransaction draft = SagaDraft(2);
  for (core::Branch& row : draft.branches) row.payload = base::MakeBytes("{\"qty\":-1}");
  (void)play.Submit(draft);
  core::DeadLetterAct edit = Act(Kind::kEdit, Op::kAction);
  edit.payload = base::MakeBytes("{\"qty\":1}");
  EXPECT_EQ(play.Do(edit), Verdict::kAccepted);
  EXPECT_TRUE(play.last().payload_edited);
  EXPECT_THAT(play.last().rows, ElementsAre(1u, 2u));
  EXPECT_EQ(base::Value(play.Row("01", Op::kAction).payload), "{\"qty\":1}");
  EXPECT_EQ(base::Value(play.Row("01", Op::kCompensate).payload), "{\"qty\":-1}");
  EXPECT_EQ(base::Value(play.Row("02", Op::kCompensate).payload), "{\"qty\":-1}");
  EXPECT_EQ(play.Row("01", Op::kAction).dead, DeadReason::kAttemptsUsed);
  EXPECT_EQ(play.Row("01", Op::kAction).deaths, 1u);
  EXPECT_EQ(play.NextPass(), base::Seconds(-1));
  const core::HistoryEntry& line = play.history().back();
  EXPECT_EQ(line.kind, core::HistoryKind::kEdited);
  EXPECT_THAT(line.text, HasSubstr("looked at it"));
  EXPECT_THAT(line.text, HasSubstr("qty"));
  EXPECT_THAT(line.text, HasSubstr("-1"));
  EXPECT_EQ(line.actor, "ops");
  EXPECT_EQ(play.Do(Act(Kind::kReplay, Op::kAction)), Verdict::kAccepted);
  (void)play.Pass();
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(Edit, OfTheLastRowTouchesThatAlone) {
  Play play;
  play.LimitAttempts(1);
  play.Script("01", Op::kAction, {Outcome::kUnknown});
  (void)play.Submit(SagaDraft(1));
  EXPECT_EQ(play.Do(Act(Kind::kEdit, Op::kAction)), Verdict::kAccepted);
  EXPECT_THAT(play.last().rows, ElementsAre(1u));
}

TEST(Edit, AClientThatAsksAgainIsStillToldThatItArrived) {
  Play play;
  LetDie(play, {core::Mode::kSaga, Op::kAction});
  core::DeadLetterAct edit = Act(Kind::kEdit, Op::kAction);
  edit.payload = base::MakeBytes("other");
  EXPECT_EQ(play.Do(edit), Verdict::kAccepted);
  EXPECT_EQ(play.Submit(SagaDraft(2)), Verdict::kAlready);
  core::GlobalTransaction other = SagaDraft(2);
  other.branches[3].payload = base::MakeBytes("of another one");
  EXPECT_EQ(play.Submit(other), Verdict::kOtherContent);
}

// --- resolve

TEST(Resolve, AsDoneCountsAsSuccess) {
  for (const Callee& callee : Callees()) {
    Play play;
    LetDie(play, callee);
    const size_t calls = play.Calls().size();
    EXPECT_EQ(play.Do(Act(Kind::kResolveDone, callee.op)), Verdict::kAccepted);
    EXPECT_EQ(play.Row("01", callee.op).status, core::BranchStatus::kSucceed);
    EXPECT_EQ(play.Row("01", callee.op).dead, DeadReason::kNone);
    EXPECT_EQ(play.Row("01", callee.op).finish_time, play.Now());
    (void)play.Pass();
    const bool undone =
        callee.op == Op::kCompensate || callee.op == Op::kCancel || callee.op == Op::kRollback;
    EXPECT_EQ(play.Status(), undone ? "failed" : "succeed") << Name(callee);
    for (size_t i = calls; i < play.Calls().size(); ++i)
      EXPECT_THAT(play.Calls()[i], testing::Not(testing::StartsWith("01/"))) << Name(callee);
  }
}

TEST(Resolve, AnActionAsFailedIsUndoneByACall) {
  Play play;
  play.LimitAttempts(1);
  play.Script("02", Op::kAction, {Outcome::kUnknown});
  (void)play.Submit(SagaDraft(3));
  core::DeadLetterAct act = Act(Kind::kResolveFailed, Op::kAction);
  act.branch_id = "02";
  EXPECT_EQ(play.Do(act), Verdict::kAccepted);
  EXPECT_EQ(play.Status(), "aborting");
  EXPECT_EQ(play.transaction().rollback_reason, "looked at it");
  (void)play.Pass();
  EXPECT_THAT(play.Calls(),
              ElementsAre("01/action", "02/action", "02/compensate", "01/compensate"));
  EXPECT_EQ(play.Rows(), "SSSFPP");
  EXPECT_EQ(play.Status(), "failed");
}

TEST(Resolve, AnActionAsCompensatedIsUndoneWithoutACall) {
  Play play;
  play.LimitAttempts(1);
  play.Script("02", Op::kAction, {Outcome::kUnknown});
  (void)play.Submit(SagaDraft(3));
  core::DeadLetterAct act = Act(Kind::kResolveCompensated, Op::kAction);
  act.branch_id = "02";
  EXPECT_EQ(play.Do(act), Verdict::kAccepted);
  (void)play.Pass();
  EXPECT_THAT(play.Calls(), ElementsAre("01/action", "02/action", "01/compensate"));
  EXPECT_EQ(play.Rows(), "SSSFPP");
  EXPECT_EQ(play.Status(), "failed");
}

TEST(Resolve, ADeadCompensationHoldsUpThoseBehindItUntilSomebodyDecides) {
  Play play;
  play.LimitAttempts(1);
  play.Script("03", Op::kAction, {Outcome::kFailure});
  play.Script("02", Op::kCompensate, {Outcome::kUnknown});
  (void)play.Submit(SagaDraft(3));
  EXPECT_EQ(play.Status(), "aborting");
  EXPECT_THAT(play.Calls(), testing::Not(testing::Contains("01/compensate")));
  core::DeadLetterAct act = Act(Kind::kResolveCompensated, Op::kCompensate);
  act.branch_id = "02";
  EXPECT_EQ(play.Do(act), Verdict::kAccepted);
  (void)play.Pass();
  EXPECT_EQ(play.Calls().back(), "01/compensate");
  EXPECT_EQ(play.Status(), "failed");
}

// --- discard

TEST(Discard, LeavesItOutAndGoesOn) {
  for (const Callee& callee : Callees()) {
    if (IsSagaAction(callee)) continue;
    Play play;
    LetDie(play, callee);
    EXPECT_EQ(play.Do(Act(Kind::kDiscard, callee.op)), Verdict::kAccepted);
    EXPECT_EQ(play.Row("01", callee.op).status, core::BranchStatus::kFailed);
    (void)play.Pass();
    EXPECT_TRUE(core::IsFinal(play.transaction().status)) << Name(callee);
    EXPECT_EQ(play.history()[play.history().size() - 1].actor == "ops" || play.Calls().size() > 1u,
              true)
        << Name(callee);
  }
}

// --- what is remembered

TEST(DeadLetterAct, EveryActIsInTheHistoryWithWhoAndWhy) {
  struct Case {
    Kind kind;
    core::HistoryKind line;
    std::string text;
  };
  const Callee undo = {core::Mode::kSaga, Op::kCompensate};
  const Callee action = {core::Mode::kSaga, Op::kAction};
  const auto expect = [](const Callee& callee, const Case& one) {
    Play play;
    LetDie(play, callee);
    ASSERT_EQ(play.Do(Act(one.kind, callee.op)), Verdict::kAccepted);
    ASSERT_FALSE(play.last().history.empty());
    const core::HistoryEntry& line = play.last().history.front();
    EXPECT_EQ(line.kind, one.line);
    EXPECT_EQ(line.text, one.text);
    EXPECT_EQ(line.actor, "ops");
    EXPECT_EQ(line.branch_id, "01");
    EXPECT_EQ(line.op, callee.op);
    EXPECT_EQ(line.attempt, 1u);
    EXPECT_EQ(line.time, play.Now());
  };
  using core::HistoryKind;
  expect(undo, {Kind::kReplay, HistoryKind::kReplayed, "looked at it"});
  expect(undo, {Kind::kResolveDone, HistoryKind::kResolved, "as done: looked at it"});
  expect(undo, {Kind::kDiscard, HistoryKind::kDiscarded, "looked at it"});
  expect(action, {Kind::kResolveFailed, HistoryKind::kResolved, "as failed: looked at it"});
  expect(action,
         {Kind::kResolveCompensated, HistoryKind::kResolved, "as compensated: looked at it"});
}

}  // namespace
}  // namespace saga::scenario
