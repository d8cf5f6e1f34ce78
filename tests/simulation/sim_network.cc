#include "tests/simulation/sim_network.h"

#include <string>
#include <utility>

#include "orchestrator/core/words.h"

namespace saga::simulation {

struct SimNetwork::Waiting {
  port::BranchCall call;
  Done done;
  std::shared_ptr<bool> alive;
  bool answered = false;

  void Answer(port::BranchReply reply) {
    if (answered || !*alive) return;
    answered = true;
    done(std::move(reply));
  }
};

void SimNetwork::Call(port::BranchCall call, Done done) {
  const base::Duration timeout = call.timeout;
  auto waiting = std::make_shared<Waiting>(Waiting{std::move(call), std::move(done), alive_});
  world_->After(timeout, [waiting] {
    waiting->Answer({core::Outcome::kUnknown, "deadline exceeded", port::Reach::kTimedOut});
  });
  if (world_->Chance(faults_->request_lost)) return;
  const bool late = world_->Chance(faults_->request_late);
  Deliver(waiting, late ? timeout + world_->Between(base::Millis(1), base::Seconds(60))
                        : world_->Between(base::Micros(100), faults_->latency_max));
  if (world_->Chance(faults_->request_doubled)) {
    Deliver(waiting, world_->Between(base::Micros(100), base::Seconds(30)));
  }
}

void SimNetwork::Deliver(const std::shared_ptr<Waiting>& waiting, base::Duration delay) {
  World* const world = world_;
  Bank* const bank = bank_;
  const Faults* const faults = faults_;
  world->After(delay, [world, bank, faults, waiting, away = away_] {
    if (away(waiting->call.target)) {
      world->After(base::Millis(1), [waiting] {
        waiting->Answer({core::Outcome::kUnknown, "refused", port::Reach::kUnreachable});
      });
      return;
    }
    port::BranchReply reply = bank->Handle(waiting->call);
    world->Log(waiting->call.gid + "/" + waiting->call.branch_id + "/" +
               std::string(core::WordOf(waiting->call.op)) + " -> " +
               std::string(core::WordOf(reply.outcome)));
    if (world->Chance(faults->reply_lost)) return;
    world->After(world->Between(base::Micros(100), faults->latency_max),
                 [waiting, reply] { waiting->Answer(reply); });
  });
}

}  // namespace saga::simulation
