// Commands over the fallback: stored with their mark, published from the store, answered once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/envelope/command.h"
#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

using core::Op;
using core::Outcome;
using core::Status;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = port::WriteResult::Kind;

EngineOptions Options() {
  EngineOptions options;
  options.messages.fallback_after_unknown = 1;
  return options;
}

// Participants at p:1 registered; nobody answers there.
struct FallbackStage : Stage {
  explicit FallbackStage(EngineOptions options = Options())
      : Stage(std::move(options), WithPost{}) {
    post().facts["p:1"] = Post::Registered();
    participant = [](const port::BranchCall& call) -> Scripted {
      if (call.target.rfind("p:1", 0) != 0) return {};
      return {.outcome = Outcome::kUnknown, .reach = port::Reach::kUnreachable};
    };
  }

  void Submit(core::GlobalTransaction draft) {
    engine().Submit({std::move(draft)}, WaitFor::kStored, [](Answer) {});
  }
  std::vector<envelope::Command> Commands() {
    std::vector<envelope::Command> commands;
    for (const base::Message& message : post().Published(kCommands))
      commands.push_back(*envelope::DecodeCommand(message));
    return commands;
  }
  // What the participant would reply to a command; the engine's answer, once there is one.
  std::shared_ptr<std::optional<Answer>> Reply(const envelope::Command& command,
                                               Outcome outcome = Outcome::kSuccess) {
    auto answer = std::make_shared<std::optional<Answer>>();
    engine().TakeReply({.gid = command.gid,
                        .branch_id = command.branch_id,
                        .op = command.op == "action" ? Op::kAction : Op::kCompensate,
                        .attempt = command.attempt,
                        .reply = {.outcome = outcome, .text = "over the queue"}},
                       [answer](Answer got) { *answer = std::move(got); });
    return answer;
  }
};

TEST(EngineFallback, ACommandIsStoredInTheCommitOfItsMark) {
  FallbackStage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.outcome = Outcome::kUnknown};
  };
  size_t with_command = 0;
  stage.disk = [&](const port::Write& write) {
    const core::Branch& row = write.transaction->branches[1];
    const bool has_command = write.outbox != nullptr && !write.outbox->empty() &&
                             write.outbox->front().topic == kCommands;
    if (has_command) {
      ++with_command;
      const auto command = envelope::DecodeCommand(write.outbox->front());
      EXPECT_TRUE(command.ok()) << command.status();
      EXPECT_THAT(*write.outbox, SizeIs(1));
      EXPECT_TRUE(row.on_fallback);
      EXPECT_EQ(command->attempt, row.attempts);
      EXPECT_EQ(command->deadline.micros / 1000, row.next_attempt.micros / 1000);
      EXPECT_EQ(write.next_wake, row.next_attempt);
    } else {
      EXPECT_FALSE(row.on_fallback);
    }
    return Kind::kDone;
  };
  core::GlobalTransaction draft = Stage::Saga("g", 1);
  draft.branches[1].payload = base::MakeBytes("the payload");
  draft.options.branch_headers["tenant"] = "7";
  stage.Submit(draft);
  stage.Run(base::Seconds(25));
  EXPECT_EQ(with_command, 1u);
  ASSERT_THAT(stage.Commands(), SizeIs(1));
  const envelope::Command command = stage.Commands().front();
  EXPECT_EQ(command.gid, "g");
  EXPECT_EQ(command.mode, "saga");
  EXPECT_EQ(command.branch_id, "01");
  EXPECT_EQ(command.op, "action");
  EXPECT_EQ(command.attempt, 2u);
  EXPECT_EQ(command.method, "P/Do");
  EXPECT_EQ(command.protocol, "grpc");
  EXPECT_EQ(command.reply_topic, kReplies);
  EXPECT_EQ(command.headers.at("tenant"), "7");
  EXPECT_EQ(base::Value(command.payload), "the payload");
  EXPECT_EQ(stage.post().Published(kCommands).front().key, "g");
}

TEST(EngineFallback, WhoIsNotThereGoesRoundWithoutWaitingForTheBackoff) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(1));
  EXPECT_THAT(stage.calls, SizeIs(1));
  EXPECT_THAT(stage.Commands(), SizeIs(1));
}

TEST(EngineFallback, AReplyIsAnAnswer) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 2));
  stage.Run(base::Seconds(1));
  ASSERT_THAT(stage.Commands(), SizeIs(1));
  stage.Reply(stage.Commands()[0]);
  stage.Run(base::Seconds(1));
  ASSERT_THAT(stage.Commands(), SizeIs(2));
  EXPECT_EQ(stage.Commands()[1].branch_id, "02");
  stage.Reply(stage.Commands()[1]);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
}

TEST(EngineFallback, ARefusalOverTheQueueIsUndoneOverIt) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(1));
  stage.Reply(stage.Commands().at(0), Outcome::kFailure);
  stage.Run(base::Seconds(1));
  ASSERT_THAT(stage.Commands(), SizeIs(2));
  EXPECT_EQ(stage.Commands()[1].op, "compensate");
  stage.Reply(stage.Commands()[1]);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.StatusOf("g"), Status::kFailed);
}

TEST(EngineFallback, NothingIsPublishedForACommitThatFailed) {
  FallbackStage stage;
  stage.disk = [](const port::Write& write) {
    return write.outbox == nullptr ? Kind::kDone : Kind::kFailed;
  };
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(10));
  EXPECT_EQ(stage.post().publishes, 0u);
  stage.disk = nullptr;
  stage.Run(base::Seconds(1));
  EXPECT_THAT(stage.Commands(), SizeIs(1));
  EXPECT_EQ(stage.post().publishes, 1u);
}

TEST(EngineFallback, ACommandOfACommitOfUnknownFateIsPublished) {
  for (const bool stored : {true, false}) {
    FallbackStage stage;
    bool first = true;
    stage.disk = [&](const port::Write& write) {
      if (write.outbox == nullptr || !std::exchange(first, false)) return Kind::kDone;
      if (stored) {
        (void)stage.store().Commit({write});
        for (const base::Message& message : *write.outbox) stage.post().Put(message);
      }
      return Kind::kUnknown;
    };
    stage.Submit(Stage::Saga("g", 1));
    stage.Run(base::Seconds(5));
    EXPECT_THAT(stage.Commands(), SizeIs(1)) << stored;
  }
}

TEST(EngineFallback, ACrashBetweenTheCommitAndThePublishingLosesNothing) {
  FallbackStage stage;
  stage.post().takes = false;
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(1));
  ASSERT_THAT(stage.post().Waiting(kCommands), SizeIs(1));
  stage.Restart();
  stage.post().takes = true;
  stage.Run(base::Seconds(2));
  ASSERT_THAT(stage.Commands(), SizeIs(1));
  EXPECT_THAT(stage.post().outbox, IsEmpty());
  stage.Reply(stage.Commands()[0]);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
}

TEST(EngineFallback, ACrashBetweenThePublishingAndTheRemovalRepeatsTheSameCommand) {
  FallbackStage stage;
  stage.post().log = [&](const base::Message&) {
    stage.post().store_answers = false;
    return absl::OkStatus();
  };
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(1));
  ASSERT_THAT(stage.Commands(), SizeIs(1));
  stage.Restart();
  stage.post().log = nullptr;
  stage.post().store_answers = true;
  stage.Run(base::Seconds(2));
  ASSERT_THAT(stage.Commands(), SizeIs(2));
  EXPECT_EQ(stage.Commands()[0], stage.Commands()[1]);
  EXPECT_THAT(stage.post().outbox, IsEmpty());
}

TEST(EngineFallback, AReplyIsAnsweredWhenWhatItSaysIsStored) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 2));
  stage.Run(base::Seconds(1));
  bool answered = false;
  stage.engine().TakeReply(
      {.gid = "g", .branch_id = "01", .attempt = 2, .reply = {.outcome = Outcome::kSuccess}},
      [&](const Answer& answer) {
        answered = true;
        EXPECT_EQ(answer.verdict, core::Verdict::kAccepted);
        EXPECT_EQ(answer.last_row, 1);
        EXPECT_EQ(stage.Record("g").branches[1].status, core::BranchStatus::kSucceed);
      });
  stage.Run(base::Seconds(1));
  EXPECT_TRUE(answered);
}

TEST(EngineFallback, AReplyThatCannotBeStoredIsNotTakenAsDone) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(1));
  stage.disk = [](const port::Write&) { return Kind::kFailed; };
  const auto answer = stage.Reply(stage.Commands().at(0));
  stage.Run(base::Seconds(1));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->kind, Answer::Kind::kStoreFailed);
  // It comes again, as a queue would have it, and counts once.
  const auto again = stage.Reply(stage.Commands().at(0));
  stage.Run(base::Seconds(1));
  EXPECT_FALSE(again->has_value());
  stage.disk = nullptr;
  stage.Run(base::Seconds(1));
  ASSERT_TRUE(again->has_value());
  EXPECT_EQ((*again)->verdict, core::Verdict::kAlready);
  EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
}

// A success of a call rides on a later commit; a queue that forgets the reply to the same effect
// may not.
TEST(EngineFallback, AReplyThatTellsNothingNewIsStoredFirstToo) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 2));
  stage.Run(base::Seconds(1));
  const envelope::Command command = stage.Commands().at(0);
  stage.participant = [](const port::BranchCall& call) -> Scripted {
    return {.after = call.branch_id == "02" ? base::Seconds(1000) : base::Millis(1)};
  };
  stage.Run(base::Seconds(80));  // given up, and then called
  ASSERT_THAT(stage.calls, testing::Contains("g/02/action"));
  ASSERT_EQ(stage.Record("g").branches[1].status, core::BranchStatus::kPrepared);
  core::BranchStatus stored = core::BranchStatus::kPrepared;
  stage.engine().TakeReply({.gid = "g",
                            .branch_id = "01",
                            .attempt = command.attempt,
                            .reply = {.outcome = Outcome::kSuccess}},
                           [&](const Answer& answer) {
                             EXPECT_EQ(answer.verdict, core::Verdict::kAlready);
                             stored = stage.Record("g").branches[1].status;
                           });
  stage.Run(base::Millis(100));
  EXPECT_EQ(stored, core::BranchStatus::kSucceed);
}

TEST(EngineFallback, RepliesThatNobodyWaitsForAreToldApart) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(1));
  const envelope::Command command = stage.Commands().at(0);
  stage.Reply(command);
  stage.Run(base::Seconds(1));
  ASSERT_EQ(stage.StatusOf("g"), Status::kSucceed);
  const auto repeated = stage.Reply(command);
  envelope::Command other = command;
  other.gid = "nobody";
  const auto no_gid = stage.Reply(other);
  other = command;
  other.branch_id = "09";
  const auto no_branch = stage.Reply(other);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(repeated->value().verdict, core::Verdict::kAlready);
  EXPECT_EQ(no_gid->value().verdict, core::Verdict::kNotFound);
  EXPECT_EQ(no_branch->value().verdict, core::Verdict::kNotFound);
}

TEST(EngineFallback, AReplyFindsATransactionThatIsNotInMemory) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(1));
  const envelope::Command command = stage.Commands().at(0);
  stage.Restart();
  stage.Run(base::Seconds(1));  // the reply is awaited: nothing is due, nothing is claimed
  EXPECT_EQ(stage.engine().Stats().live, 0u);
  const auto answer = stage.Reply(command);
  stage.Run(base::Seconds(1));
  EXPECT_EQ(answer->value().verdict, core::Verdict::kAccepted);
  EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
  EXPECT_THAT(stage.calls, SizeIs(1));
}

TEST(EngineFallback, NoReplyInTimeIsUnknownAlsoAfterARestart) {
  for (const bool restart : {false, true}) {
    FallbackStage stage;
    stage.Submit(Stage::Saga("g", 1));
    stage.Run(base::Seconds(1));
    const envelope::Command command = stage.Commands().at(0);
    if (restart) stage.Restart();
    stage.Run(base::Seconds(28));
    EXPECT_TRUE(stage.Record("g").branches[1].on_fallback) << restart;
    stage.Run(base::Seconds(3));
    EXPECT_FALSE(stage.Record("g").branches[1].on_fallback) << restart;
    EXPECT_EQ(stage.Record("g").branches[1].unknown_streak, 2u);
    EXPECT_EQ(stage.Record("g").branches[1].last_error, "no reply over Kafka in time");
    stage.Reply(command);  // late, and it counts
    stage.Run(base::Seconds(1));
    EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
  }
}

TEST(EngineFallback, ACallIsTriedAgainInBetweenSoThatItFindsBack) {
  FallbackStage stage;
  stage.Submit(Stage::Saga("g", 1));
  stage.Run(base::Seconds(1));
  ASSERT_THAT(stage.Commands(), SizeIs(1));
  stage.participant = nullptr;  // it is back
  stage.Run(base::Seconds(31 + 45));
  EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
  EXPECT_THAT(stage.calls, SizeIs(2));
}

TEST(EngineFallback, WhoWaitsForTheResultWaitsForTheReplyToo) {
  FallbackStage stage;
  bool told = false;
  stage.engine().Submit({Stage::Saga("g", 1)}, WaitFor::kRest, [&](const Answer& answer) {
    told = true;
    EXPECT_EQ(answer.transaction.status, Status::kSucceed);
  });
  stage.Run(base::Seconds(20));
  EXPECT_FALSE(told);
  stage.Reply(stage.Commands().at(0));
  stage.Run(base::Seconds(1));
  EXPECT_TRUE(told);
}

TEST(EngineFallback, AnOpenBreakerSendsCommandsAndAClosedOneCalls) {
  EngineOptions options = Options();
  options.lane.breaker = {.min_calls = 3, .open_for = base::Seconds(5)};
  FallbackStage stage(options);
  for (int i = 0; i < 5; ++i) {
    stage.Submit(Stage::Saga("g" + std::to_string(i), 1));
    stage.Run(base::Millis(200));
  }
  EXPECT_THAT(stage.Commands(), SizeIs(5));
  EXPECT_LT(stage.calls.size(), 5u);  // the later ones were not even tried by call
  const size_t calls = stage.calls.size();
  stage.participant = nullptr;
  stage.Run(base::Seconds(6));
  stage.Submit(Stage::Saga("probe", 1));
  stage.Run(base::Seconds(1));
  stage.Submit(Stage::Saga("after", 1));
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.StatusOf("after"), Status::kSucceed);
  EXPECT_EQ(stage.calls.size(), calls + 2);
  EXPECT_THAT(stage.Commands(), SizeIs(5));
}

TEST(EngineFallback, WithoutALogOrACommandTopicCallsAreRepeated) {
  FallbackStage unreachable;
  unreachable.post().reachable = false;
  unreachable.Submit(Stage::Saga("g", 1));
  unreachable.Run(base::Seconds(25));
  EXPECT_THAT(unreachable.calls, SizeIs(2));
  EXPECT_THAT(unreachable.post().outbox, IsEmpty());

  FallbackStage plain;
  plain.post().facts["p:1"].command_topic = "";
  plain.Submit(Stage::Saga("g", 1));
  plain.Run(base::Seconds(25));
  EXPECT_THAT(plain.calls, SizeIs(2));
  EXPECT_THAT(plain.post().outbox, IsEmpty());
}

// --- rows that cannot be called now

core::GlobalTransaction TwoDestinations() {
  core::GlobalTransaction draft = Stage::Saga("g", 2);
  draft.concurrent = true;
  draft.branches[1].target = "sick:1/P/Do";
  draft.branches[3].target = "well:1/P/Do";
  return draft;
}

TEST(EngineBlockedRow, HoldsUpNoOtherRowOfItsTransaction) {
  FallbackStage stage;
  stage.engine().SetDestination("sick:1", {.paused = true});
  stage.Submit(TwoDestinations());
  stage.Run(base::Seconds(1));
  EXPECT_THAT(stage.calls, ElementsAre("g/02/action"));
  // Nor do its retries.
  core::GlobalTransaction again = TwoDestinations();
  again.gid = "h";
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.outcome = Outcome::kOngoing};
  };
  stage.Submit(again);
  stage.Run(base::Seconds(25));
  EXPECT_THAT(stage.calls, ElementsAre("g/02/action", "h/02/action", "h/02/action", "h/02/action"));
}

TEST(EngineBlockedRow, IsCalledAtOnceWhenItsLaneOpens) {
  FallbackStage stage;
  stage.engine().SetDestination("sick:1", {.paused = true});
  stage.Submit(TwoDestinations());
  stage.Run(base::Seconds(3600));
  stage.engine().SetDestination("sick:1", {});
  stage.Run(base::Millis(100));
  EXPECT_EQ(stage.StatusOf("g"), Status::kSucceed);
}

// It does not leave memory, where nobody would call it when its lane opens: who comes after is told
// that there is no room.
TEST(EngineBlockedRow, StaysInMemoryUntilThen) {
  EngineOptions options = Options();
  options.max_live = 8;
  FallbackStage stage(options);
  stage.engine().SetDestination("sick:1", {.paused = true});
  for (int i = 0; i < 20; ++i) {
    stage.Submit(Stage::Saga("g" + std::to_string(i), 1, "sick:1"));
    stage.Run(base::Millis(20));
  }
  EXPECT_EQ(stage.refused, 12u);
  const uint64_t events = stage.world().Events();
  stage.Run(base::Seconds(600));
  EXPECT_LT(stage.world().Events() - events, 700u);
  stage.engine().SetDestination("sick:1", {});
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 8u);
}

}  // namespace
}  // namespace saga::engine
