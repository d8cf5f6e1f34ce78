// One node's questions to another over real gRPC: every one arrives as it was asked, every answer
// comes back as it was given, and nobody waits for a node that is not there.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/adapter/system/system_entropy.h"
#include "orchestrator/adapter/system/thread_executor.h"
#include "orchestrator/api/grpc_server.h"
#include "orchestrator/api/peer_client.h"
#include "orchestrator/api/peer_messages.h"
#include "orchestrator/api/peer_service.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/silent_observer.h"

namespace saga::api {
namespace {

using engine::Answer;
using engine::PeerAnswer;
using engine::PeerAsk;
using engine::PeerRequest;
using engine::PeerWait;
using engine::WaitFor;

// --- messages

// By what it becomes on the wire again: whatever was lost on the way would be missing there.
void ExpectWhole(const PeerAsk& ask) {
  const node::v1::AskRequest message = ToMessage(ask);
  const absl::StatusOr<PeerAsk> read = FromMessage(message);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->gid, ask.gid);
  EXPECT_EQ(read->what.index(), ask.what.index());
  EXPECT_EQ(ToMessage(*read).SerializeAsString(), message.SerializeAsString());
}

TEST(PeerMessages, EveryQuestionIsReadBack) {
  contract::Random random(5);
  const auto ask = [](core::Event event) {
    return PeerAsk{"g\xff id", PeerRequest{std::move(event)}};
  };
  for (int i = 0; i < 20; ++i) {
    const core::GlobalTransaction draft = contract::RandomTransaction(random, "gid");
    ExpectWhole(ask(core::Prepared{draft}));
    ExpectWhole(ask(core::Submitted{draft, i % 2 == 0}));
    ExpectWhole(ask(core::BranchRegistered{draft.mode, draft.branches}));
    const auto read = FromMessage(ToMessage(ask(core::Submitted{draft})));
    ASSERT_TRUE(read.ok());
    const auto& event = std::get<PeerRequest>(read->what).event;
    EXPECT_EQ(std::get<core::Submitted>(event).draft, draft);
  }
  ExpectWhole(ask(core::AbortRequested{"why \xfe", "ann", true}));
  ExpectWhole(ask(core::WorkflowEnded{core::Status::kFailed, "reason", "cmVzdWx0"}));
  ExpectWhole(ask(core::ForceStopRequested{"why", "ann"}));
  ExpectWhole(ask(core::RetryRequested{"ann"}));
  ExpectWhole(ask(core::DeadLetterAct{.kind = core::DeadLetterAct::Kind::kEdit,
                                      .branch_id = "01",
                                      .op = core::Op::kCancel,
                                      .death = 3,
                                      .payload = base::MakeBytes("new"),
                                      .reason = "why",
                                      .actor = "ann"}));
  ExpectWhole({"gid", PeerWait{WaitFor::kRest, "", core::Op::kAction}});
  ExpectWhole({"gid", PeerWait{WaitFor::kBranch, "02", core::Op::kConfirm}});
  ExpectWhole({"gid", engine::QueuedReply{.gid = "gid",
                                          .branch_id = "01",
                                          .op = core::Op::kCommit,
                                          .attempt = 7,
                                          .reply = {.outcome = core::Outcome::kUnknown,
                                                    .text = "why",
                                                    .hopeless = core::DeadReason::kContract}}});
}

TEST(PeerMessages, APayloadTravelsOnce) {
  core::GlobalTransaction saga = contract::SmallSaga("gid");
  saga.branches[0].payload = saga.branches[1].payload = saga.branches[2].payload =
      base::MakeBytes(std::string(100'000, 'x'));
  EXPECT_LT(ToMessage(PeerAsk{"gid", PeerRequest{core::Submitted{saga}}}).ByteSizeLong(), 110'000u);
}

TEST(PeerMessages, EveryAnswerIsReadBack) {
  contract::Random random(6);
  Answer answer;
  answer.verdict = core::Verdict::kBranchConflict;
  answer.transaction = contract::RandomTransaction(random, "gid");
  answer.last_row = static_cast<int32_t>(answer.transaction.branches.size()) - 1;
  auto read = FromMessage(ToMessage(answer));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->kind, PeerAnswer::Kind::kAnswered);
  EXPECT_EQ(read->answer.verdict, answer.verdict);
  EXPECT_EQ(read->answer.transaction, answer.transaction);
  EXPECT_EQ(read->answer.last_row, answer.last_row);

  answer = {};
  answer.kind = Answer::Kind::kStoreFailed;
  answer.error = "disk";
  read = FromMessage(ToMessage(answer));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->answer.kind, Answer::Kind::kStoreFailed);
  EXPECT_EQ(read->answer.error, "disk");
  EXPECT_TRUE(read->answer.transaction.gid.empty());

  answer.kind = Answer::Kind::kStopping;
  EXPECT_EQ(FromMessage(ToMessage(answer))->kind, PeerAnswer::Kind::kNotMine);
}

TEST(PeerMessages, WhatIsNotUnderstoodIsRefused) {
  node::v1::AskRequest request;
  request.set_gid("gid");
  EXPECT_FALSE(FromMessage(request).ok());
  request.mutable_wait()->set_what(node::v1::Wait::BRANCH);
  request.mutable_wait()->set_op(99);
  EXPECT_FALSE(FromMessage(request).ok());
  request.mutable_dead_letter_act()->set_op(1);
  request.mutable_dead_letter_act()->set_kind(99);
  EXPECT_FALSE(FromMessage(request).ok());
  request.mutable_prepare()->set_transaction("nonsense");
  EXPECT_FALSE(FromMessage(request).ok());
  // A field of a later version.
  request = ToMessage(PeerAsk{"gid", PeerRequest{core::RetryRequested{"ann"}}});
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(99, 1);
  EXPECT_FALSE(FromMessage(request).ok());
  node::v1::AskReply reply;
  reply.set_kind(node::v1::AskReply::VERDICT);
  reply.set_verdict(999);
  EXPECT_FALSE(FromMessage(reply).ok());
}

// --- the wire

class PeerDoor : public ::testing::Test, public port::BranchCaller {
 protected:
  PeerDoor()
      : engine_(engine::EngineOptions(), {.store = &store_,
                                          .caller = this,
                                          .clock = &clock_,
                                          .entropy = &entropy_,
                                          .executor = &executor_,
                                          .observer = &observer_}),
        service_(engine_) {
    engine_.Start();
    auto server =
        GrpcServer::Start({.address = "127.0.0.1:0"}, {{kPeerService, service_.service()}});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~PeerDoor() override {
    engine_.Stop();
    server_->Shutdown(base::Seconds(2));
  }

  // Nobody answers: what is submitted stays open.
  void Call(port::BranchCall, Done done) override { out_.push_back(std::move(done)); }

  std::string Address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  struct Asked {
    absl::Notification done;
    PeerAnswer answer;
  };
  std::shared_ptr<Asked> Ask(uint64_t number, PeerAsk ask, base::Duration timeout,
                             const std::string& address) {
    auto asked = std::make_shared<Asked>();
    client_.Ask(number, address, std::move(ask), timeout, [asked](PeerAnswer answer) {
      asked->answer = std::move(answer);
      asked->done.Notify();
    });
    return asked;
  }
  PeerAnswer AskAndWait(uint64_t number, PeerAsk ask) {
    const auto asked = Ask(number, std::move(ask), base::Seconds(30), Address());
    asked->done.WaitForNotification();
    return asked->answer;
  }
  static PeerAsk Tcc(const std::string& gid) {
    core::GlobalTransaction draft;
    draft.gid = gid;
    draft.mode = core::Mode::kTcc;
    return {gid, PeerRequest{core::Prepared{draft}}};
  }

  adapter::MemoryStore store_;
  adapter::SystemClock clock_;
  adapter::SystemEntropy entropy_;
  adapter::ThreadExecutor executor_;
  fixture::SilentObserver observer_;
  std::vector<Done> out_;
  engine::Engine engine_;
  PeerService service_;
  std::unique_ptr<GrpcServer> server_;
  PeerClient client_;
};

TEST_F(PeerDoor, ARequestIsAnsweredByTheOtherEngine) {
  PeerAnswer answer = AskAndWait(1, Tcc("tcc"));
  ASSERT_EQ(answer.kind, PeerAnswer::Kind::kAnswered) << answer.error;
  EXPECT_EQ(answer.answer.verdict, core::Verdict::kAccepted);
  EXPECT_EQ(answer.answer.transaction.gid, "tcc");
  EXPECT_EQ(*store_.Load("tcc"), answer.answer.transaction);
  EXPECT_EQ(AskAndWait(2, Tcc("tcc")).answer.verdict, core::Verdict::kAlready);
  EXPECT_EQ(AskAndWait(3, {"none", PeerWait{WaitFor::kEnd}}).answer.verdict,
            core::Verdict::kNotFound);
}

TEST_F(PeerDoor, AWaitEndsAtItsTimeWhenItIsCancelledOrWhenItIsOver) {
  AskAndWait(1, Tcc("tcc"));
  const auto short_one = Ask(2, {"tcc", PeerWait{WaitFor::kEnd}}, base::Millis(50), Address());
  const auto cancelled = Ask(3, {"tcc", PeerWait{WaitFor::kEnd}}, base::Seconds(60), Address());
  const auto long_one = Ask(4, {"tcc", PeerWait{WaitFor::kEnd}}, base::Seconds(60), Address());
  short_one->done.WaitForNotification();
  EXPECT_EQ(short_one->answer.kind, PeerAnswer::Kind::kLost);
  client_.Cancel(3);
  cancelled->done.WaitForNotification();
  EXPECT_EQ(cancelled->answer.kind, PeerAnswer::Kind::kLost);
  EXPECT_FALSE(long_one->done.HasBeenNotified());
  AskAndWait(5, {"tcc", PeerRequest{core::AbortRequested{.reason = "no"}}});
  long_one->done.WaitForNotification();
  EXPECT_EQ(long_one->answer.answer.transaction.status, core::Status::kFailed);
}

TEST_F(PeerDoor, ANodeThatStopsSaysThatItIsNotItsAnyMore) {
  AskAndWait(1, Tcc("tcc"));
  const auto waits = Ask(2, {"tcc", PeerWait{WaitFor::kEnd}}, base::Seconds(60), Address());
  engine_.StopIntake();
  EXPECT_EQ(AskAndWait(3, Tcc("tcc")).answer.verdict, core::Verdict::kAlready) << "still its own";
  engine_.Stop();
  waits->done.WaitForNotification();
  EXPECT_EQ(waits->answer.kind, PeerAnswer::Kind::kNotMine);
  EXPECT_EQ(AskAndWait(4, Tcc("tcc")).kind, PeerAnswer::Kind::kNotMine);
}

TEST_F(PeerDoor, NobodyWaitsForANodeThatIsNotThere) {
  const std::string address = Address();
  engine_.Stop();
  server_->Shutdown(base::Seconds(2));
  const auto refused = Ask(1, Tcc("tcc"), base::Seconds(60), address);
  const auto nonsense = Ask(2, Tcc("tcc"), base::Seconds(60), "no address");
  refused->done.WaitForNotification();
  nonsense->done.WaitForNotification();
  EXPECT_EQ(refused->answer.kind, PeerAnswer::Kind::kLost);
  EXPECT_EQ(nonsense->answer.kind, PeerAnswer::Kind::kLost);
  EXPECT_FALSE(refused->answer.error.empty());
}

}  // namespace
}  // namespace saga::api
