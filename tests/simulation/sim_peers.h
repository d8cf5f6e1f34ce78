#pragma once

// The wire between the nodes of one store. As on the real one, who asks a dead process hears soon
// that nobody is there, and who asks a stopped one hears nothing.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "orchestrator/engine/peer_link.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/freezer.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class SimPeers {
 public:
  SimPeers(World* world, const Faults* faults) : world_(world), faults_(faults) {}

  struct Listener {
    std::shared_ptr<Freezer> process;
    engine::Engine* engine = nullptr;
  };
  void Listen(const std::string& address, Listener listener) { listeners_[address] = listener; }
  void Leave(const std::string& address) { listeners_.erase(address); }

  // The side of one process.
  std::unique_ptr<engine::PeerLink> LinkFor(std::shared_ptr<Freezer> process);

  // Nobody hears from anybody while this is set; tests.
  bool cut = false;
  uint64_t Asked() const { return asked_; }
  uint64_t Answered() const { return answered_; }
  uint64_t NotMine() const { return not_mine_; }

 private:
  class Link;
  struct Question;

  void Deliver(const std::shared_ptr<Question>& question);

  World* const world_;
  const Faults* const faults_;
  std::map<std::string, Listener> listeners_;  // by address
  uint64_t asked_ = 0;
  uint64_t answered_ = 0;
  uint64_t not_mine_ = 0;
};

}  // namespace saga::simulation
