#pragma once

// What the parts of one engine share.

#include <atomic>
#include <cstdint>
#include <memory>

#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/lane.h"

namespace saga::engine {

class Committer;
class OutboxRelay;

struct EngineContext {
  EngineOptions options;
  Engine::Ports ports;
  std::shared_ptr<LaneSet> lanes;
  Committer* committer = nullptr;
  OutboxRelay* relay = nullptr;  // null: nothing is published

  std::atomic<size_t> live{0};      // transactions in memory, or on their way there from the store
  std::atomic<size_t> requests{0};  // requests no runner has looked at yet
  std::atomic<bool> intake{true};
  // How often this process may have lost what it held; a runner that has not heard of the last time
  // (Lost in runner.h) does not know what is its.
  std::atomic<uint64_t> losses{0};
  std::atomic<uint64_t> last_ask{0};  // numbers for PeerLink
  std::atomic<size_t> forwards{0};    // requests at other nodes, or waiting for a second look
  std::atomic<size_t> asked{0};       // of these, what is at other nodes and not only waits
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> ended_succeed{0};
  std::atomic<uint64_t> ended_failed{0};
};

}  // namespace saga::engine
