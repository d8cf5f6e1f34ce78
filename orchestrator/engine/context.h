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
  // Runners that have not heard yet what this process lost with its lease (Lost in runner.h): until
  // they have, nobody knows for certain what is its. Calls in the lanes ask too, and may outlive
  // us.
  const std::shared_ptr<std::atomic<uint64_t>> unheard = std::make_shared<std::atomic<uint64_t>>(0);
  std::atomic<uint64_t> last_ask{0};  // numbers for PeerLink
  std::atomic<size_t> forwards{0};    // requests at other nodes, or waiting for a second look
  std::atomic<size_t> asked{0};       // of these, those that are more than waits
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> ended_succeed{0};
  std::atomic<uint64_t> ended_failed{0};
};

}  // namespace saga::engine
