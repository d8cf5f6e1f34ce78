// Several nodes on one store: any of them takes any request, one of them holds a transaction, and
// what a node does not hold it asks the holder about.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/core/words.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/forwarder.h"
#include "orchestrator/engine/peer_link.h"
#include "tests/simulation/shared_store.h"
#include "tests/simulation/sim_broker.h"
#include "tests/simulation/sim_node.h"
#include "tests/simulation/sim_publisher.h"
#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

using core::Status;
using core::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr base::Duration kLease = base::Seconds(5);

// Nodes "a", "b", ... of one store, with participants that the test scripts.
class EnginePeer : public ::testing::Test, public port::BranchCaller {
 protected:
  void Start(const std::string& name, size_t calls_at_once = core::kLaneInFlight) {
    EngineOptions options;
    options.lane.in_flight = calls_at_once;
    options.messages.event_topic = "saga.events";
    nodes_[name] = std::make_unique<simulation::SimNode>(
        simulation::SimNode::Around{.world = &world_,
                                    .shared = &store_,
                                    .peers = &peers_,
                                    .faults = &faults_,
                                    .caller = this,
                                    .publisher = &publisher_,
                                    .delay =
                                        [](const std::string& strand) {
                                          return strand == "store" ? base::Millis(1)
                                                                   : base::Micros(10);
                                        }},
        name, options);
    Run(base::Millis(5));
  }
  void Kill(const std::string& name) { nodes_.erase(name); }
  simulation::SimNode& Node(const std::string& name) { return *nodes_.at(name); }
  Engine& At(const std::string& name) { return nodes_.at(name)->engine(); }
  void Run(base::Duration time) {
    world_.RunUntil(world_.Now() + time, [] { return false; });
  }

  // A place for an answer, and who fills it.
  struct Told {
    std::optional<Answer> answer;
    Reply Here() {
      return [this](Answer given) {
        ASSERT_FALSE(answer.has_value()) << "answered twice";
        answer = std::move(given);
      };
    }
    Verdict verdict() const {
      EXPECT_TRUE(answer.has_value()) << "no answer";
      if (!answer.has_value()) return Verdict::kOtherContent;
      EXPECT_EQ(answer->kind, Answer::Kind::kVerdict) << answer->error;
      return answer->verdict;
    }
    Status status() const {
      EXPECT_TRUE(answer.has_value()) << "no answer";
      return answer.has_value() ? answer->transaction.status : Status::kPrepared;
    }
  };

  core::GlobalTransaction Tcc(const std::string& gid) {
    core::GlobalTransaction draft;
    draft.gid = gid;
    draft.mode = core::Mode::kTcc;
    draft.protocol = core::Protocol::kGrpc;
    return draft;
  }
  core::BranchRegistered TccBranch(const std::string& id) {
    core::BranchRegistered branch{.mode = core::Mode::kTcc};
    for (const core::Op op : {core::Op::kCancel, core::Op::kConfirm})
      branch.rows.push_back({.branch_id = id, .op = op, .target = "p:1/P/Do"});
    return branch;
  }
  // Held by `name`, with one branch registered.
  void PrepareTcc(const std::string& name, const std::string& gid) {
    Told prepared;
    Told registered;
    At(name).Prepare(Tcc(gid), prepared.Here());
    Run(base::Millis(20));
    ASSERT_EQ(prepared.verdict(), Verdict::kAccepted);
    At(name).RegisterBranch(gid, TccBranch("01"), registered.Here());
    Run(base::Millis(20));
    ASSERT_EQ(registered.verdict(), Verdict::kAccepted);
    ASSERT_EQ(HolderOf(gid), name);
  }
  std::string HolderOf(const std::string& gid) {
    const uint64_t holder = *nodes_.begin()->second->store().HolderOf(gid);
    const auto listed = nodes_.begin()->second->store().ListNodes();
    for (const port::NodeView& node : *listed) {
      if (node.id == holder) return node.name;
    }
    return "";
  }
  Status Stored(const std::string& gid) {
    const auto record = store_.disk().Load(gid);
    return record.ok() ? record->status : Status::kPrepared;
  }

  void Call(port::BranchCall call, Done done) override {
    calls_.push_back(call.gid + "/" + call.branch_id + "/" + std::string(core::WordOf(call.op)));
    const Scripted scripted = participant_ ? participant_(call) : Scripted{};
    auto kept = std::make_shared<Done>(std::move(done));
    world_.After(scripted.hangs ? call.timeout : scripted.after, [kept, scripted] {
      if (scripted.hangs) {
        (*kept)({core::Outcome::kUnknown, "no answer", port::Reach::kTimedOut});
      } else {
        (*kept)({scripted.outcome, "the reason", scripted.reach, scripted.hopeless});
      }
    });
  }

  simulation::World world_{1};
  simulation::Faults faults_;
  simulation::SharedStore store_{&world_, kLease};
  simulation::SimPeers peers_{&world_, &faults_};
  simulation::SimBroker broker_{&world_, &faults_};
  simulation::SimPublisher publisher_{&world_, &broker_, &faults_, nullptr};
  std::function<Scripted(const port::BranchCall&)> participant_;
  std::vector<std::string> calls_;
  std::map<std::string, std::unique_ptr<simulation::SimNode>> nodes_;
};

TEST_F(EnginePeer, EveryRequestWorksAtAnyNode) {
  Start("a");
  Start("b");
  Told prepared;
  Told registered;
  Told submitted;
  At("a").Prepare(Tcc("tcc"), prepared.Here());
  Run(base::Millis(20));
  At("b").RegisterBranch("tcc", TccBranch("01"), registered.Here());
  Run(base::Millis(30));
  At("b").Submit({Tcc("tcc")}, WaitFor::kEnd, submitted.Here());
  Run(base::Millis(100));
  EXPECT_EQ(prepared.verdict(), Verdict::kAccepted);
  EXPECT_EQ(registered.verdict(), Verdict::kAccepted);
  EXPECT_EQ(submitted.verdict(), Verdict::kAccepted);
  EXPECT_EQ(submitted.status(), Status::kSucceed);
  EXPECT_THAT(calls_, ElementsAre("tcc/01/confirm"));
  EXPECT_EQ(peers_.NotMine(), 0u);
}

TEST_F(EnginePeer, AnAbortAtAnotherNodeWaitsAsThePrepareAsked) {
  Start("a");
  Start("b");
  Told prepared;
  Told registered;
  Told aborted;
  core::GlobalTransaction draft = Tcc("tcc");
  draft.wait_result = true;
  At("a").Prepare(draft, prepared.Here());
  Run(base::Millis(20));
  At("a").RegisterBranch("tcc", TccBranch("01"), registered.Here());
  Run(base::Millis(20));
  participant_ = [](const port::BranchCall&) { return Scripted{.after = base::Millis(500)}; };
  At("b").Abort("tcc", {.reason = "no"}, WaitFor::kStored, aborted.Here());
  Run(base::Millis(300));
  EXPECT_FALSE(aborted.answer.has_value());
  Run(base::Millis(500));
  EXPECT_EQ(aborted.verdict(), Verdict::kAccepted);
  EXPECT_EQ(aborted.status(), Status::kFailed);
}

TEST_F(EnginePeer, WaitsForAnEndAtAnyNodeHoweverLong) {
  Start("a");
  Start("b");
  int tries = 0;
  participant_ = [&](const port::BranchCall&) {
    return ++tries > 3 ? Scripted{} : Scripted{.outcome = core::Outcome::kUnknown};
  };
  Told submitted;
  Told waited;
  At("a").Submit({Stage::Saga("saga", 1)}, WaitFor::kStored, submitted.Here());
  Run(base::Millis(20));
  At("b").Wait("saga", WaitFor::kEnd, waited.Here());
  Run(base::Seconds(30));
  EXPECT_FALSE(waited.answer.has_value());
  Run(base::Seconds(180));
  EXPECT_EQ(waited.verdict(), Verdict::kAccepted);
  EXPECT_EQ(waited.status(), Status::kSucceed);
  EXPECT_EQ(HolderOf("saga"), "");
}

TEST_F(EnginePeer, AWaitForWhatHasEndedIsAnsweredFromTheStore) {
  Start("a");
  Start("b");
  Told submitted;
  Told waited;
  Told unknown;
  At("a").Submit({Stage::Saga("saga", 1)}, WaitFor::kEnd, submitted.Here());
  Run(base::Millis(100));
  ASSERT_EQ(submitted.status(), Status::kSucceed);
  Kill("a");
  At("b").Wait("saga", WaitFor::kEnd, waited.Here());
  At("b").Wait("nothing", WaitFor::kEnd, unknown.Here());
  Run(base::Millis(20));
  EXPECT_EQ(waited.status(), Status::kSucceed);
  EXPECT_EQ(unknown.verdict(), Verdict::kNotFound);
  EXPECT_EQ(peers_.Asked(), 0u);
}

TEST_F(EnginePeer, ACancelledWaitIsCancelledAtTheHolderToo) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  Told waited;
  const uint64_t wait = At("b").Wait("tcc", WaitFor::kEnd, waited.Here());
  Run(base::Seconds(1));
  EXPECT_FALSE(waited.answer.has_value());
  At("b").CancelWait("tcc", wait);
  Run(base::Millis(20));
  ASSERT_TRUE(waited.answer.has_value());
  EXPECT_EQ(waited.answer->kind, Answer::Kind::kStopping);
  EXPECT_EQ(peers_.NotMine(), 1u);  // what the holder said to a question that nobody asks any more
}

TEST_F(EnginePeer, TheSameSubmitAtTwoNodesAtOnceIsOneTransaction) {
  Start("a");
  Start("b");
  participant_ = [](const port::BranchCall&) { return Scripted{.after = base::Millis(100)}; };
  Told of_a;
  Told of_b;
  At("a").Submit({Stage::Saga("saga", 2)}, WaitFor::kEnd, of_a.Here());
  At("b").Submit({Stage::Saga("saga", 2)}, WaitFor::kEnd, of_b.Here());
  Run(base::Seconds(1));
  EXPECT_EQ(of_a.status(), Status::kSucceed);
  EXPECT_EQ(of_b.status(), Status::kSucceed);
  EXPECT_TRUE((of_a.verdict() == Verdict::kAccepted && of_b.verdict() == Verdict::kAlready) ||
              (of_b.verdict() == Verdict::kAccepted && of_a.verdict() == Verdict::kAlready));
  EXPECT_THAT(calls_, ElementsAre("saga/01/action", "saga/02/action"));
}

TEST_F(EnginePeer, AnotherContentUnderTheSameGidIsRefusedAtAnyNode) {
  Start("a");
  Start("b");
  participant_ = [](const port::BranchCall&) { return Scripted{.hangs = true}; };
  Told first;
  Told other;
  At("a").Submit({Stage::Saga("saga", 2)}, WaitFor::kStored, first.Here());
  Run(base::Millis(20));
  At("b").Submit({Stage::Saga("saga", 3)}, WaitFor::kStored, other.Here());
  Run(base::Millis(50));
  EXPECT_EQ(first.verdict(), Verdict::kAccepted);
  EXPECT_EQ(other.verdict(), Verdict::kOtherContent);
}

TEST_F(EnginePeer, AKilledNodesTransactionIsTakenOverAndTheRequestFindsIt) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  Kill("a");
  Told submitted;
  At("b").Submit({Tcc("tcc")}, WaitFor::kEnd, submitted.Here());
  Run(base::Seconds(1));
  EXPECT_FALSE(submitted.answer.has_value()) << "its lease has not run out";
  Run(base::Seconds(9));
  EXPECT_EQ(submitted.verdict(), Verdict::kAccepted);
  EXPECT_EQ(submitted.status(), Status::kSucceed);
  EXPECT_THAT(calls_, ElementsAre("tcc/01/confirm"));
}

TEST_F(EnginePeer, AKilledNodesWorkGoesOnWithoutBeingAskedFor) {
  Start("a");
  Start("b");
  participant_ = [](const port::BranchCall& call) {
    return call.branch_id == "02" ? Scripted{.hangs = true} : Scripted{};
  };
  Told submitted;
  At("a").Submit({Stage::Saga("saga", 2)}, WaitFor::kStored, submitted.Here());
  Run(base::Millis(50));
  participant_ = nullptr;
  Kill("a");
  Run(base::Seconds(11));
  EXPECT_EQ(Stored("saga"), Status::kSucceed);
}

TEST_F(EnginePeer, AFrozenNodeWakesUpAndDoesNothingThatWasTakenFromIt) {
  Start("a");
  Start("b");
  participant_ = [](const port::BranchCall&) {
    return Scripted{.outcome = core::Outcome::kUnknown};
  };
  Told submitted;
  Told of_a;
  Told of_b;
  At("a").Submit({Stage::Saga("saga", 1)}, WaitFor::kEnd, submitted.Here());
  Run(base::Millis(50));
  Node("a").Freeze();
  At("b").Wait("saga", WaitFor::kEnd, of_b.Here());
  Run(base::Seconds(9));
  EXPECT_EQ(HolderOf("saga"), "b");
  participant_ = nullptr;
  calls_.clear();
  Run(base::Seconds(60));
  EXPECT_EQ(of_b.status(), Status::kSucceed);
  EXPECT_THAT(calls_, ElementsAre("saga/01/action"));
  Node("a").Thaw();
  At("a").Wait("saga", WaitFor::kEnd, of_a.Here());
  Run(base::Seconds(20));
  EXPECT_EQ(submitted.status(), Status::kSucceed) << "its client waits at the node that was frozen";
  EXPECT_EQ(of_a.status(), Status::kSucceed);
  EXPECT_THAT(calls_, ElementsAre("saga/01/action"));
}

TEST_F(EnginePeer, AFrozenNodesClientIsAnsweredByTheNewHolder) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  Node("a").Freeze();
  Told waited;
  Told submitted;
  Told registered;
  At("a").Wait("tcc", WaitFor::kEnd, waited.Here());
  At("a").RegisterBranch("tcc", TccBranch("02"), registered.Here());
  At("b").Submit({Tcc("tcc")}, WaitFor::kStored, submitted.Here());
  participant_ = [](const port::BranchCall&) {
    return Scripted{.outcome = core::Outcome::kOngoing};
  };
  Run(base::Seconds(9));
  EXPECT_EQ(submitted.verdict(), Verdict::kAccepted);
  EXPECT_EQ(HolderOf("tcc"), "b");
  Node("a").Thaw();
  Run(base::Seconds(2));
  EXPECT_EQ(registered.verdict(), Verdict::kCannotRegister) << "as the holder has it";
  EXPECT_FALSE(waited.answer.has_value());
  participant_ = nullptr;
  Run(base::Seconds(20));
  EXPECT_EQ(waited.status(), Status::kSucceed);
}

TEST_F(EnginePeer, ALeavingNodeHandsOverAtOnce) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  participant_ = [](const port::BranchCall&) {
    return Scripted{.outcome = core::Outcome::kUnknown};
  };
  Told saga;
  At("a").Submit({Stage::Saga("saga", 1)}, WaitFor::kStored, saga.Here());
  Run(base::Millis(50));
  participant_ = nullptr;
  Node("a").Leave();
  nodes_.erase("a");
  Told submitted;
  At("b").Submit({Tcc("tcc")}, WaitFor::kEnd, submitted.Here());
  Run(base::Millis(500));
  EXPECT_EQ(submitted.status(), Status::kSucceed);
  Run(base::Seconds(2));
  EXPECT_EQ(HolderOf("saga"), "") << "taken up when it falls due, and not before";
  Run(base::Seconds(25));
  EXPECT_EQ(Stored("saga"), Status::kSucceed);
}

// Whether what was on its way to the store has arrived there, who asked has to find out.
TEST_F(EnginePeer, ALeavingNodeDoesNotDenyWhatItWasStoring) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  Told asked;
  Told waited;
  At("a").ServePeer({"tcc", PeerRequest{TccBranch("02")}}, asked.Here());
  At("a").ServePeer({"tcc", PeerWait{.wait = WaitFor::kEnd}}, waited.Here());
  Run(base::Micros(100));
  ASSERT_FALSE(asked.answer.has_value());
  Node("a").Leave();
  ASSERT_TRUE(asked.answer.has_value());
  EXPECT_TRUE(LeftUnsure(*asked.answer)) << asked.answer->error;
  ASSERT_TRUE(waited.answer.has_value());
  EXPECT_EQ(waited.answer->kind, Answer::Kind::kStopping);
  EXPECT_FALSE(LeftUnsure(*waited.answer));
}

TEST_F(EnginePeer, ARequestThatIsOutWhenItsNodeStopsMayHaveBeenDone) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  faults_.reply_lost = 1;
  Told registered;
  Told waited;
  At("b").RegisterBranch("tcc", TccBranch("02"), registered.Here());
  At("b").Wait("tcc", WaitFor::kEnd, waited.Here());
  Run(base::Millis(100));
  ASSERT_FALSE(registered.answer.has_value());
  EXPECT_FALSE(At("b").Quiet());
  At("b").Stop();
  ASSERT_TRUE(registered.answer.has_value());
  EXPECT_EQ(registered.answer->kind, Answer::Kind::kStoreFailed);
  EXPECT_THAT(registered.answer->error, HasSubstr("may have been done"));
  EXPECT_EQ(waited.answer->kind, Answer::Kind::kStopping);
  EXPECT_EQ(store_.disk().Load("tcc")->branches.size(), 4u);
}

TEST_F(EnginePeer, ANodeThatStopsTakingRequestsStillAnswersItsPeers) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  At("a").StopIntake();
  Told submitted;
  Told refused;
  At("a").Submit({Stage::Saga("saga", 1)}, WaitFor::kStored, refused.Here());
  At("b").Submit({Tcc("tcc")}, WaitFor::kEnd, submitted.Here());
  Run(base::Millis(200));
  EXPECT_EQ(refused.answer->kind, Answer::Kind::kStopping);
  EXPECT_EQ(submitted.status(), Status::kSucceed);
}

TEST_F(EnginePeer, AHolderThatCannotBeAskedIsNotWaitedForForever) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  peers_.cut = true;
  Told submitted;
  Told other;
  At("b").Submit({Tcc("tcc")}, WaitFor::kStored, submitted.Here());
  At("b").Submit({Stage::Saga("saga", 1)}, WaitFor::kEnd, other.Here());
  Run(base::Seconds(1));
  EXPECT_EQ(other.status(), Status::kSucceed) << "what others hold keeps nobody";
  Run(base::Seconds(25));
  ASSERT_TRUE(submitted.answer.has_value());
  EXPECT_EQ(submitted.answer->kind, Answer::Kind::kStoreFailed);
  EXPECT_THAT(submitted.answer->error, HasSubstr("try again"));
  EXPECT_EQ(HolderOf("tcc"), "a");
}

TEST_F(EnginePeer, ALostAnswerIsAskedForAgain) {
  Start("a");
  Start("b");
  PrepareTcc("a", "tcc");
  faults_.reply_lost = 1;
  Told registered;
  At("b").RegisterBranch("tcc", TccBranch("02"), registered.Here());
  Run(base::Seconds(4));
  EXPECT_FALSE(registered.answer.has_value());
  faults_.reply_lost = 0;
  Run(base::Seconds(4));
  EXPECT_EQ(registered.verdict(), Verdict::kAlready);
  EXPECT_EQ(store_.disk().Load("tcc")->branches.size(), 4u);
}

TEST_F(EnginePeer, NothingIsForwardedTwice) {
  Start("a");
  Start("b");
  Start("c");
  PrepareTcc("a", "tcc");
  // As somebody who remembers an old holder would ask.
  Told told;
  At("b").ServePeer({"tcc", PeerRequest{core::AbortRequested{.reason = "no"}}}, told.Here());
  Run(base::Millis(100));
  ASSERT_TRUE(told.answer.has_value());
  EXPECT_EQ(told.answer->kind, Answer::Kind::kStopping);
  EXPECT_EQ(peers_.Asked(), 0u);
  EXPECT_EQ(Stored("tcc"), Status::kPrepared);
}

TEST_F(EnginePeer, AReplyFromAQueueReachesTheHolder) {
  Start("a");
  Start("b");
  int calls = 0;
  participant_ = [&](const port::BranchCall&) {
    ++calls;
    return Scripted{.hangs = true};
  };
  Told submitted;
  Told replied;
  Told late;
  At("a").Submit({Stage::Saga("saga", 1)}, WaitFor::kStored, submitted.Here());
  Run(base::Millis(50));
  ASSERT_EQ(calls, 1);
  const QueuedReply reply{.gid = "saga",
                          .branch_id = "01",
                          .op = core::Op::kAction,
                          .attempt = 1,
                          .reply = {.outcome = core::Outcome::kSuccess}};
  At("b").TakeReply(reply, replied.Here());
  Run(base::Millis(50));
  EXPECT_EQ(replied.verdict(), Verdict::kAccepted);
  EXPECT_EQ(Stored("saga"), Status::kSucceed);
  At("b").TakeReply(reply, late.Here());
  Run(base::Millis(50));
  EXPECT_EQ(late.verdict(), Verdict::kAlready);
}

TEST_F(EnginePeer, WhatADeadNodeDidNotPublishAnotherOneDoes) {
  Start("a");
  Start("b");
  faults_.outbox_fails = 1;  // it is not read
  Told submitted;
  At("a").Submit({Stage::Saga("saga", 1)}, WaitFor::kEnd, submitted.Here());
  Run(base::Millis(200));
  ASSERT_EQ(submitted.status(), Status::kSucceed);
  Kill("a");
  faults_.outbox_fails = 0;
  Run(base::Seconds(12));
  EXPECT_THAT(broker_.Messages("saga.events"), IsEmpty()) << "nobody has looked";
  At("b").LookAtOutbox();
  Run(base::Seconds(2));
  EXPECT_THAT(broker_.Messages("saga.events"), SizeIs(1));
  At("b").LookAtOutbox();
  Run(base::Seconds(2));
  EXPECT_THAT(broker_.Messages("saga.events"), SizeIs(1));
}

TEST_F(EnginePeer, ACallThatWaitedForItsTurnIsNotMadePastTheLease) {
  Start("a", 1);
  Start("b");
  participant_ = [](const port::BranchCall&) { return Scripted{.after = base::Seconds(1)}; };
  Told first;
  Told second;
  At("a").Submit({Stage::Saga("first", 1)}, WaitFor::kStored, first.Here());
  At("a").Submit({Stage::Saga("second", 1)}, WaitFor::kStored, second.Here());
  Run(base::Millis(100));
  ASSERT_EQ(calls_.size(), 1u);
  Node("a").Freeze();
  Run(base::Seconds(20));
  EXPECT_EQ(Stored("first"), Status::kSucceed);
  EXPECT_EQ(Stored("second"), Status::kSucceed);
  EXPECT_EQ(calls_.size(), 3u);
  // The answer to the first call makes room for the second.
  Node("a").Thaw();
  Run(base::Seconds(20));
  EXPECT_EQ(calls_.size(), 3u);
}

TEST_F(EnginePeer, NoCallIsBegunPastTheLease) {
  Start("a");
  participant_ = [](const port::BranchCall&) {
    return Scripted{.outcome = core::Outcome::kUnknown};
  };
  Told submitted;
  At("a").Submit({Stage::Saga("saga", 1)}, WaitFor::kStored, submitted.Here());
  Run(base::Millis(50));
  ASSERT_EQ(calls_.size(), 1u);
  // The database is away for the node: it renews nothing, and nobody else can either.
  Node("a").Freeze();
  Run(base::Seconds(30));
  EXPECT_EQ(calls_.size(), 1u);
  participant_ = nullptr;
  Node("a").Thaw();
  Run(base::Seconds(15));
  EXPECT_EQ(Stored("saga"), Status::kSucceed) << "nobody took it: it is its own again";
}

TEST(AfterRepeat, ARefusalOfWhatWasDoneAlreadyIsNoRefusal) {
  const auto answer = [](Verdict verdict, Status status) {
    Answer given;
    given.verdict = verdict;
    given.transaction.gid = "gid";
    given.transaction.status = status;
    return given;
  };
  const auto verdict = [](const core::Event& event, Answer given) {
    const Answer after = AfterRepeat(event, std::move(given));
    return after.kind == Answer::Kind::kVerdict ? std::optional(after.verdict) : std::nullopt;
  };
  EXPECT_EQ(verdict(core::Submitted{}, answer(Verdict::kCannotSubmit, Status::kSucceed)),
            Verdict::kAlready);
  EXPECT_EQ(verdict(core::Submitted{}, answer(Verdict::kCannotSubmit, Status::kFailed)),
            std::nullopt);
  EXPECT_EQ(verdict(core::Submitted{}, answer(Verdict::kOtherContent, Status::kFailed)),
            Verdict::kOtherContent);
  EXPECT_EQ(verdict(core::Submitted{}, answer(Verdict::kAccepted, Status::kSubmitted)),
            Verdict::kAccepted);
  EXPECT_EQ(verdict(core::AbortRequested{}, answer(Verdict::kCannotAbort, Status::kFailed)),
            Verdict::kAlready);
  EXPECT_EQ(verdict(core::AbortRequested{}, answer(Verdict::kCannotAbort, Status::kSucceed)),
            Verdict::kCannotAbort);
  EXPECT_EQ(verdict(core::ForceStopRequested{}, answer(Verdict::kCannotStop, Status::kFailed)),
            std::nullopt);
  EXPECT_EQ(verdict(core::ForceStopRequested{}, answer(Verdict::kCannotStop, Status::kSucceed)),
            Verdict::kCannotStop);
  EXPECT_EQ(verdict(core::DeadLetterAct{}, answer(Verdict::kNoDeadLetter, Status::kSubmitted)),
            std::nullopt);

  core::BranchRegistered step{.mode = core::Mode::kWorkflow};
  step.rows.push_back({.branch_id = "01",
                       .payload = base::MakeBytes("result"),
                       .status = core::BranchStatus::kSucceed});
  Answer there = answer(Verdict::kBranchConflict, Status::kPrepared);
  there.transaction.branches = step.rows;
  EXPECT_EQ(verdict(step, there), Verdict::kAlready);
  there.transaction.branches[0].payload = base::MakeBytes("another");
  EXPECT_EQ(verdict(step, there), Verdict::kBranchConflict);
}

}  // namespace
}  // namespace saga::engine
