#pragma once

// A participant's other door: it takes commands from its topic, does what the bank does for a call,
// behind the same barrier, replies, and only then lets go of the command. At times it dies of one.

#include <memory>
#include <string>

#include "tests/simulation/bank.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/sim_broker.h"
#include "tests/simulation/sim_publisher.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class SimIntake {
 public:
  SimIntake(World* world, SimBroker* broker, Bank* bank, const Faults* faults, std::string name);

  // A participant that is away has no intake either.
  void SetAway(bool away);
  uint64_t Commands() const { return commands_; }

 private:
  void Start();
  void Stop();
  void Handle(const port::Received& received, absl::AnyInvocable<void()> ack);
  void Die();

  World* const world_;
  SimBroker* const broker_;
  Bank* const bank_;
  const Faults* const faults_;
  const std::string name_;
  std::unique_ptr<SimPublisher> publisher_;
  std::unique_ptr<SimConsumer> consumer_;  // null: away
  bool away_ = false;
  uint64_t life_ = 0;
  uint64_t commands_ = 0;
};

}  // namespace saga::simulation
