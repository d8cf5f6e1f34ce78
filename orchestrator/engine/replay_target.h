#pragma once

// What replay jobs need of the engine.

#include <string>
#include <utility>

#include "orchestrator/core/event.h"
#include "orchestrator/engine/engine.h"

namespace saga::engine {

// Thread-safe. Every reply runs exactly once, on any thread, possibly before the call returns.
class ReplayTarget {
 public:
  virtual ~ReplayTarget() = default;

  // As Engine::ActOnDeadLetter with WaitFor::kBranch.
  virtual void Replay(const std::string& gid, core::DeadLetterAct act, Reply reply) = 0;
  // As Engine::WaitForBranch.
  virtual void WaitForBranch(const std::string& gid, const std::string& branch_id, core::Op op,
                             Reply reply) = 0;
};

// The engine as such a target. The engine outlives it.
class EngineReplayTarget final : public ReplayTarget {
 public:
  explicit EngineReplayTarget(Engine& engine) : engine_(engine) {}

  void Replay(const std::string& gid, core::DeadLetterAct act, Reply reply) override {
    engine_.ActOnDeadLetter(gid, std::move(act), WaitFor::kBranch, std::move(reply));
  }
  void WaitForBranch(const std::string& gid, const std::string& branch_id, core::Op op,
                     Reply reply) override {
    engine_.WaitForBranch(gid, branch_id, op, std::move(reply));
  }

 private:
  Engine& engine_;
};

}  // namespace saga::engine
