#pragma once

// One life of the process: the production engine and its intake of replies, on a disk that holds
// what the life before left, with everything around it simulated.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/reply_intake.h"
#include "tests/fixture/silent_observer.h"
#include "tests/simulation/bank.h"
#include "tests/simulation/crash_switch.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/sim_broker.h"
#include "tests/simulation/sim_directory.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/sim_network.h"
#include "tests/simulation/sim_outbox.h"
#include "tests/simulation/sim_publisher.h"
#include "tests/simulation/sim_source.h"
#include "tests/simulation/sim_store.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class Life {
 public:
  struct Around {
    World* world = nullptr;
    Bank* bank = nullptr;
    SimBroker* broker = nullptr;
    const Faults* faults = nullptr;
    SimNetwork::Away away;
    // What is wrong with a reply's acknowledgement; empty: nothing.
    std::function<void(const std::string& finding)> found;
  };

  Life(const Around& around, adapter::MemoryStore::State state);

  engine::Engine& engine() { return *engine_; }
  adapter::MemoryStore& disk() { return disk_; }
  CrashSwitch& crash() { return crash_; }
  // Breakers that were open at some look and not at an earlier one with the same opening.
  uint64_t CountOpenings();

 private:
  const Around around_;
  CrashSwitch crash_;
  adapter::MemoryStore disk_;
  SimStore store_;
  SimOutbox outbox_;
  SimNetwork network_;
  SimPublisher publisher_;
  SimDirectory directory_;
  SimExecutor executor_;
  fixture::SilentObserver observer_;
  SimSource source_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::ReplyIntake> intake_;  // goes before the engine
  std::map<std::string, base::Time> openings_;
};

}  // namespace saga::simulation
