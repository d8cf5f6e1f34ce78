#include "tests/simulation/sim_intake.h"

#include <utility>

#include "orchestrator/base/check.h"
#include "orchestrator/core/words.h"
#include "orchestrator/envelope/command.h"
#include "orchestrator/envelope/header.h"
#include "orchestrator/envelope/reply.h"

namespace saga::simulation {

namespace {

core::Op OpOf(const std::string& word) {
  using core::Op;
  for (const Op op :
       {Op::kAction, Op::kCompensate, Op::kConfirm, Op::kCancel, Op::kCommit, Op::kRollback}) {
    if (core::WordOf(op) == word) return op;
  }
  SAGA_CHECK(false);
}

}  // namespace

SimIntake::SimIntake(World* world, SimBroker* broker, Bank* bank, const Faults* faults,
                     std::string name)
    : world_(world), broker_(broker), bank_(bank), faults_(faults), name_(std::move(name)) {
  Start();
}

void SimIntake::Start() {
  publisher_ = std::make_unique<SimPublisher>(world_, broker_, faults_, nullptr);
  consumer_ = std::make_unique<SimConsumer>(
      world_, broker_, faults_, name_, envelope::kCommandTopicPrefix + name_,
      [this](const port::Received& received, absl::AnyInvocable<void()> ack) {
        Handle(received, std::move(ack));
      });
}

void SimIntake::Stop() {
  ++life_;
  consumer_.reset();
  publisher_.reset();
}

void SimIntake::SetAway(bool away) {
  if (away == away_) return;
  away_ = away;
  if (away) {
    Stop();
  } else if (consumer_ == nullptr) {
    Start();
  }
}

void SimIntake::Handle(const port::Received& received, absl::AnyInvocable<void()> ack) {
  const absl::StatusOr<envelope::Command> command = envelope::DecodeCommand(received.message);
  SAGA_CHECK(command.ok());
  ++commands_;
  port::BranchCall call;
  call.gid = command->gid;
  call.branch_id = command->branch_id;
  call.op = OpOf(command->op);
  call.payload = command->payload;
  const port::BranchReply reply = bank_->Handle(call);
  world_->Log(call.gid + "/" + call.branch_id + "/" + command->op + " by command " +
              std::to_string(command->attempt) + " -> " + std::string(core::WordOf(reply.outcome)));
  if (world_->Chance(faults_->intake_dies)) {
    Die();
    return;
  }
  auto shared = std::make_shared<absl::AnyInvocable<void()>>(std::move(ack));
  const base::Message message =
      envelope::Encode(envelope::Reply{.gid = command->gid,
                                       .branch_id = command->branch_id,
                                       .op = command->op,
                                       .attempt = command->attempt,
                                       .outcome = std::string(core::WordOf(reply.outcome)),
                                       .hopeless = std::string(core::WordOf(reply.hopeless)),
                                       .text = reply.text},
                       command->reply_topic);
  const bool taken = publisher_->Publish(message, [shared](const absl::Status& status) {
    if (status.ok()) (*shared)();
  });
  // What it cannot reply to it takes once more, as it does after a start.
  if (!taken) Die();
}

void SimIntake::Die() {
  world_->Log(name_ + " intake dies");
  // From outside of the consumer that it dies of.
  const uint64_t life = ++life_;
  world_->After(base::Micros(1), [this, life] {
    if (life != life_ || away_) return;
    Stop();
    world_->After(world_->Between(base::Millis(10), base::Seconds(5)), [this, life = life_] {
      if (life == life_ && !away_) Start();
    });
  });
}

}  // namespace saga::simulation
