// Dead letters, as the engine sees them: which limit counts, what is told to whom and when, and how
// an operator's acts go through it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/envelope/cloud_event.h"
#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/event.h"
#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

using core::DeadReason;
using core::Op;
using core::Outcome;
using core::Status;
using core::Verdict;
using testing::IsEmpty;
using testing::SizeIs;
using Act = core::DeadLetterAct::Kind;
using Kind = port::WriteResult::Kind;

struct LetterStage : Stage {
  explicit LetterStage(EngineOptions options = {.attempt_limit = 1})
      : Stage(std::move(options), WithPost{}) {
    participant = [this](const port::BranchCall& call) -> Scripted {
      const bool refuses = refusing && call.op == Op::kAction;
      const bool sick = sick_op == call.op;
      return {.outcome = refuses ? Outcome::kFailure
                         : sick  ? Outcome::kUnknown
                                 : Outcome::kSuccess,
              .hopeless = sick ? hopeless : DeadReason::kNone};
    };
  }

  void Submit(core::GlobalTransaction draft) {
    engine().Submit({std::move(draft)}, WaitFor::kStored, [](Answer) {});
    Run(base::Seconds(1));
  }
  std::shared_ptr<std::optional<Answer>> Do(Act kind, Op op, uint32_t death = 1,
                                            WaitFor wait = WaitFor::kStored,
                                            const std::string& gid = "g") {
    auto answer = std::make_shared<std::optional<Answer>>();
    engine().ActOnDeadLetter(gid,
                             {.kind = kind,
                              .branch_id = "01",
                              .op = op,
                              .death = death,
                              .payload = base::MakeBytes("edited"),
                              .reason = "looked at it",
                              .actor = "ops"},
                             wait, [answer](Answer got) { *answer = std::move(got); });
    return answer;
  }
  core::Branch Row(size_t row) { return Record("g").branches.at(row); }

  std::optional<Op> sick_op = Op::kAction;
  bool refusing = false;
  DeadReason hopeless = DeadReason::kNone;
};

// --- which limit counts

size_t CallsUntilDead(LetterStage& stage, int64_t of_transaction) {
  core::GlobalTransaction draft = Stage::Saga("g", 1);
  draft.options.attempt_limit = of_transaction;
  draft.options.retry_interval_s = 1;
  stage.Submit(draft);
  stage.Run(base::Seconds(200));
  return stage.calls.size();
}

TEST(EngineAttemptLimit, OfThePlainServerIsNone) {
  LetterStage stage(EngineOptions{});
  EXPECT_GT(CallsUntilDead(stage, 0), 5u);
  EXPECT_EQ(stage.Row(1).deaths, 0u);
}

TEST(EngineAttemptLimit, OfTheServerIsForThoseThatDidNotRegister) {
  LetterStage stage({.registered_attempt_limit = 4, .attempt_limit = 2});
  EXPECT_EQ(CallsUntilDead(stage, 0), 2u);
}

TEST(EngineAttemptLimit, OfTheRegisteredIsForThoseThatNamedNone) {
  LetterStage stage({.registered_attempt_limit = 4, .attempt_limit = 2});
  stage.post().facts["p:1"] = {.name = "p"};
  EXPECT_EQ(CallsUntilDead(stage, 0), 4u);
}

TEST(EngineAttemptLimit, OfTheParticipantComesBeforeTheServers) {
  LetterStage stage({.registered_attempt_limit = 4, .attempt_limit = 2});
  stage.post().facts["p:1"] = {.name = "p", .attempt_limit = 3};
  EXPECT_EQ(CallsUntilDead(stage, 0), 3u);
}

TEST(EngineAttemptLimit, OfTheTransactionComesBeforeAll) {
  LetterStage stage({.registered_attempt_limit = 4, .attempt_limit = 2});
  stage.post().facts["p:1"] = {.name = "p", .attempt_limit = 3};
  EXPECT_EQ(CallsUntilDead(stage, 5), 5u);
}

TEST(EngineAttemptLimit, AHopelessAnswerNeedsNoSecondCall) {
  LetterStage stage({.attempt_limit = 20});
  stage.hopeless = DeadReason::kUnknownMethod;
  EXPECT_EQ(CallsUntilDead(stage, 0), 1u);
  EXPECT_EQ(stage.Row(1).dead, DeadReason::kUnknownMethod);
}

// --- what is told

TEST(EngineDeadLetter, ADeathIsOneMessageStoredWithIt) {
  LetterStage stage;
  size_t letters = 0;
  stage.disk = [&](const port::Write& write) {
    const size_t count = write.outbox == nullptr ? 0 : write.outbox->size();
    letters += count;
    EXPECT_EQ(count, write.transaction->branches[1].dead != DeadReason::kNone ? 1u : 0u);
    return Kind::kDone;
  };
  core::GlobalTransaction draft = Stage::Saga("g", 1);
  draft.branches[1].payload = base::MakeBytes("the payload");
  stage.Submit(draft);
  stage.Run(base::Seconds(1000));
  EXPECT_EQ(letters, 1u);
  ASSERT_THAT(stage.post().published, SizeIs(1));
  const auto letter = envelope::DecodeDeadLetter(stage.post().published.front());
  ASSERT_TRUE(letter.ok()) << letter.status();
  const core::Branch row = stage.Row(1);
  EXPECT_EQ(letter->gid, "g");
  EXPECT_EQ(letter->branch_id, "01");
  EXPECT_EQ(letter->op, "action");
  EXPECT_EQ(letter->death, 1u);
  EXPECT_EQ(letter->attempt, 1u);
  EXPECT_EQ(letter->reason, "attempts_used");
  EXPECT_EQ(letter->error, "the reason");
  EXPECT_EQ(letter->destination, "p:1");
  EXPECT_EQ(letter->target, "p:1/P/Do");
  EXPECT_EQ(letter->died, row.dead_time);
  EXPECT_EQ(base::Value(letter->payload), "the payload");
  EXPECT_EQ(stage.calls.size(), 1u);
  EXPECT_EQ(stage.StatusOf("g"), Status::kSubmitted);
}

TEST(EngineDeadLetter, OneCostsNothingWhileItWaits) {
  LetterStage stage;
  stage.Submit(Stage::Saga("g", 1));
  const uint64_t queries = stage.store().QueryCount();
  const uint64_t events = stage.world().Events();
  stage.Run(base::Seconds(3600));
  EXPECT_EQ(stage.store().QueryCount(), queries);
  EXPECT_EQ(stage.world().Events(), events);
}

TEST(EngineDeadLetter, OneStaysOverARestart) {
  LetterStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.Restart();
  stage.Run(base::Seconds(3600));
  EXPECT_EQ(stage.calls.size(), 1u);
  EXPECT_EQ(stage.Row(1).dead, DeadReason::kAttemptsUsed);
  stage.sick_op = std::nullopt;
  const auto answer = stage.Do(Act::kReplay, Op::kAction, 1, WaitFor::kBranch);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(answer->value().verdict, Verdict::kAccepted);
  EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
}

TEST(EngineDeadLetter, WithoutTopicsNothingIsPublished) {
  Stage stage({.attempt_limit = 1});
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.outcome = Outcome::kUnknown};
  };
  stage.SubmitAndRun(Stage::Saga("g", 1), WaitFor::kRest, base::Seconds(1));
  EXPECT_EQ(stage.Record("g").branches[1].dead, DeadReason::kAttemptsUsed);
}

TEST(EngineEvent, EveryEndIsOneMessageAsStored) {
  LetterStage stage{EngineOptions{}};
  stage.sick_op = std::nullopt;
  bool first = true;
  stage.disk = [&](const port::Write& write) {
    // The fate of one of the final commits is unknown, and it was stored.
    if (!core::IsFinal(write.transaction->status) || !std::exchange(first, false))
      return Kind::kDone;
    (void)stage.store().Commit({write});
    for (const base::Message& message : *write.outbox) stage.post().Put(message);
    return Kind::kUnknown;
  };
  for (int i = 0; i < 6; ++i) {
    stage.refusing = i % 2 == 1;
    stage.Submit(Stage::Saga("g" + std::to_string(i), 2));
  }
  stage.Run(base::Seconds(2));
  const std::vector<base::Message> messages = stage.post().Published(kEvents);
  ASSERT_THAT(messages, SizeIs(6));
  std::set<std::string> gids;
  for (const base::Message& message : messages) {
    const auto event = envelope::DecodeEvent(message);
    ASSERT_TRUE(event.ok()) << event.status();
    const core::GlobalTransaction record = stage.Record(event->gid);
    EXPECT_EQ(event->status, core::WordOf(record.status));
    EXPECT_EQ(event->version, record.version);
    EXPECT_EQ(event->reason, record.rollback_reason);
    EXPECT_EQ(event->finish_time, record.finish_time);
    EXPECT_EQ(event->source, "/sagad/test");
    EXPECT_EQ(message.key, event->gid);
    gids.insert(event->gid);
  }
  EXPECT_THAT(gids, SizeIs(6));
  EXPECT_THAT(stage.post().outbox, IsEmpty());
}

TEST(EngineEvent, NobodyHearsOfAnEndThatIsNotStored) {
  LetterStage stage{EngineOptions{}};
  stage.sick_op = std::nullopt;
  stage.disk = [](const port::Write& write) {
    return core::IsFinal(write.transaction->status) ? Kind::kFailed : Kind::kDone;
  };
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(10));
  EXPECT_EQ(stage.post().publishes, 0u);
  stage.disk = nullptr;
  stage.Run(base::Seconds(1));
  EXPECT_THAT(stage.post().Published(kEvents), SizeIs(1));
}

// --- acts

TEST(EngineAct, AReplayIsAnsweredWhenItIsStored) {
  LetterStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.disk = [](const port::Write&) { return Kind::kFailed; };
  const auto answer = stage.Do(Act::kReplay, Op::kAction);
  stage.Run(base::Seconds(1));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->kind, Answer::Kind::kStoreFailed);
  EXPECT_EQ(stage.calls.size(), 1u);  // nothing is called for what is not stored
  stage.disk = nullptr;
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.calls.size(), 2u);
}

TEST(EngineAct, AReplayThatWaitsIsAnsweredWhenTheBranchIsSettledAndThatIsStored) {
  LetterStage stage;
  stage.Submit(Stage::Saga("g", 2));
  stage.sick_op = std::nullopt;
  bool told = false;
  stage.engine().ActOnDeadLetter(
      "g", {.kind = Act::kReplay, .branch_id = "01", .op = Op::kAction, .death = 1},
      WaitFor::kBranch, [&](const Answer& answer) {
        told = true;
        EXPECT_EQ(answer.verdict, Verdict::kAccepted);
        EXPECT_EQ(answer.last_row, 1);
        EXPECT_EQ(answer.transaction.branches[1].status, core::BranchStatus::kSucceed);
        EXPECT_EQ(stage.Row(1).status, core::BranchStatus::kSucceed);
      });
  stage.Run(base::Seconds(1));
  EXPECT_TRUE(told);
}

TEST(EngineAct, OrWhenItIsDeadAgain) {
  LetterStage stage({.attempt_limit = 2});
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(30));
  const auto answer = stage.Do(Act::kReplay, Op::kAction, 1, WaitFor::kBranch);
  stage.Run(base::Seconds(10));
  EXPECT_FALSE(answer->has_value());
  stage.Run(base::Seconds(20));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->transaction.branches[1].deaths, 2u);
  EXPECT_EQ(stage.Row(1).deaths, 2u);
  EXPECT_THAT(stage.post().Published(kLetters), SizeIs(2));
}

TEST(EngineAct, OrWhenTheTransactionDoesNotOweItAnyMore) {
  LetterStage stage({.attempt_limit = 2});
  core::GlobalTransaction draft = Stage::Saga("g", 1);
  draft.options.attempt_limit = 1;
  stage.Submit(draft);
  ASSERT_EQ(stage.Row(1).dead, DeadReason::kAttemptsUsed);
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.outcome = Outcome::kOngoing};
  };
  const auto answer = stage.Do(Act::kReplay, Op::kAction, 1, WaitFor::kBranch);
  stage.Run(base::Seconds(1));
  EXPECT_FALSE(answer->has_value());
  stage.engine().Abort("g", {.reason = "no", .actor = "ops", .by_operator = true}, WaitFor::kStored,
                       [](Answer) {});
  stage.Run(base::Seconds(1));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->transaction.status, Status::kAborting);
}

TEST(EngineAct, WhatIsRefusedIsToldWithTheRowAndTheReason) {
  LetterStage stage;
  stage.Submit(Stage::Saga("g", 1));
  const auto stale = stage.Do(Act::kReplay, Op::kAction, 2);
  const auto alive = stage.Do(Act::kReplay, Op::kCompensate);
  const auto cannot = stage.Do(Act::kDiscard, Op::kAction);
  const auto nobody = stage.Do(Act::kReplay, Op::kAction, 1, WaitFor::kStored, "nobody");
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stale->value().verdict, Verdict::kNoDeadLetter);
  EXPECT_EQ(stale->value().last_row, 1);
  EXPECT_EQ(stale->value().transaction.branches[1].deaths, 1u);
  EXPECT_EQ(alive->value().verdict, Verdict::kNoDeadLetter);
  EXPECT_EQ(alive->value().last_row, 0);
  EXPECT_EQ(cannot->value().verdict, Verdict::kCannotResolve);
  EXPECT_EQ(nobody->value().verdict, Verdict::kNotFound);
  EXPECT_EQ(stage.Row(1).dead, DeadReason::kAttemptsUsed);
}

TEST(EngineAct, TwoReplaysOfTheSameDeathAreOne) {
  LetterStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.sick_op = std::nullopt;
  const auto one = stage.Do(Act::kReplay, Op::kAction);
  const auto other = stage.Do(Act::kReplay, Op::kAction);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(one->value().verdict, Verdict::kAccepted);
  EXPECT_EQ(other->value().verdict, Verdict::kNoDeadLetter);
  EXPECT_EQ(stage.calls.size(), 2u);
}

TEST(EngineAct, AnEditIsStoredWithItsPayloadAndWhatIsCalledIsThat) {
  LetterStage stage;
  stage.Submit(Stage::Saga("g", 1));
  bool edited = false;
  stage.disk = [&](const port::Write& write) {
    edited = edited || write.payloads_changed;
    return Kind::kDone;
  };
  stage.Do(Act::kEdit, Op::kAction);
  stage.Run(base::Seconds(1));
  EXPECT_TRUE(edited);
  EXPECT_EQ(base::Value(stage.Row(1).payload), "edited");
  EXPECT_EQ(base::Value(stage.Row(0).payload), "");
  std::string called;
  stage.participant = [&](const port::BranchCall& call) -> Scripted {
    called = base::Value(call.payload);
    return {};
  };
  stage.Restart();
  stage.Do(Act::kReplay, Op::kAction);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(called, "edited");
  EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
}

TEST(EngineAct, AResolvedCompensationLetsTheOthersGoOn) {
  LetterStage stage;
  stage.refusing = true;
  stage.sick_op = Op::kCompensate;
  stage.Submit(Stage::Saga("g", 1));
  ASSERT_EQ(stage.StatusOf("g"), Status::kAborting);
  ASSERT_EQ(stage.Row(0).dead, DeadReason::kAttemptsUsed);
  const auto answer = stage.Do(Act::kResolveCompensated, Op::kCompensate, 1, WaitFor::kEnd);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(answer->value().transaction.status, Status::kFailed);
  EXPECT_THAT(stage.post().Published(kEvents), SizeIs(1));
}

// --- waiting for a branch op

TEST(EngineWaitForBranch, AnswersWhenItIsSettledOrDead) {
  LetterStage stage;
  stage.sick_op = std::nullopt;
  stage.participant = [](const port::BranchCall& call) -> Scripted {
    return {.outcome = call.branch_id == "02" ? Outcome::kUnknown : Outcome::kSuccess,
            .after = base::Seconds(2)};
  };
  stage.engine().Submit({Stage::Saga("g", 2)}, WaitFor::kStored, [](Answer) {});
  stage.Run(base::Millis(100));
  std::vector<std::string> told;
  for (const char* id : {"01", "02", "09"}) {
    stage.engine().WaitForBranch("g", id, Op::kAction, [&told, id](const Answer& answer) {
      told.push_back(std::string(id) + (answer.verdict == Verdict::kAccepted ? "" : " is none"));
    });
  }
  stage.Run(base::Millis(100));
  EXPECT_THAT(told, testing::ElementsAre("09 is none"));
  stage.Run(base::Millis(2000));
  EXPECT_THAT(told, testing::ElementsAre("09 is none", "01"));
  stage.Run(base::Millis(2000));
  EXPECT_THAT(told, testing::ElementsAre("09 is none", "01", "02"));
}

}  // namespace
}  // namespace saga::engine
