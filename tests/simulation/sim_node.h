#pragma once

// One process of several on one store: the production engine, which may be stopped and go on, be
// killed, or leave.

#include <functional>
#include <memory>
#include <string>

#include "orchestrator/engine/engine.h"
#include "tests/fixture/silent_observer.h"
#include "tests/simulation/crash_switch.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/freezer.h"
#include "tests/simulation/shared_store.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/sim_outbox.h"
#include "tests/simulation/sim_peers.h"
#include "tests/simulation/sim_store.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class SimNode {
 public:
  struct Around {
    World* world = nullptr;
    SharedStore* shared = nullptr;
    SimPeers* peers = nullptr;
    const Faults* faults = nullptr;
    // Of this process alone, made for it; may be null but for the caller.
    port::BranchCaller* caller = nullptr;
    port::ParticipantDirectory* directory = nullptr;
    port::MessagePublisher* publisher = nullptr;
    SimExecutor::Delay delay;
  };

  // Joins and begins to work. The store's address of it is its name.
  SimNode(const Around& around, const std::string& name, engine::EngineOptions options);
  // Killed, unless it left.
  ~SimNode();

  engine::Engine& engine() { return *engine_; }
  SharedStore::Node& store() { return *node_; }
  CrashSwitch& crash() { return crash_; }
  const std::string& name() const { return name_; }

  void Freeze() { process_->Freeze(); }
  void Thaw() { Freezer::Thaw(process_); }
  bool Frozen() const { return process_->Frozen(); }
  // What SIGTERM does: it ends in order, whatever is under way.
  void Leave();

 private:
  // What a stopped process called goes on; it hears of the answer when it goes on itself.
  class Caller;
  class Publisher;

  const Around around_;
  const std::string name_;
  const std::shared_ptr<Freezer> process_;
  CrashSwitch crash_;
  std::unique_ptr<SharedStore::Node> node_;
  SimStore store_;
  SimOutbox outbox_;
  std::unique_ptr<Caller> caller_;
  std::unique_ptr<Publisher> publisher_;
  SimExecutor executor_;
  fixture::SilentObserver observer_;
  std::unique_ptr<engine::PeerLink> link_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace saga::simulation
