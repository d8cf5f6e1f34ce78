#pragma once

// The engine's threads, as entries in the world's queue.

#include <memory>
#include <string>

#include "orchestrator/port/executor.h"
#include "tests/simulation/freezer.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

// `delay` says how long after a Notify a strand's body runs: the scheduler's whim, and for the
// store strand the time a commit takes.
class SimExecutor : public port::Executor {
 public:
  using Delay = std::function<base::Duration(const std::string& strand)>;

  // `process`, if there is one, may be stopped for a while.
  SimExecutor(World* world, Delay delay, std::shared_ptr<Freezer> process = nullptr)
      : world_(world), delay_(std::move(delay)), process_(std::move(process)) {}

  std::unique_ptr<port::Strand> NewStrand(std::string name, std::function<void()> body) override;
  // One thread plays all strands, so none can wait for another; `delay` stands for this too.
  void Pause(base::Duration) override {}

 private:
  World* const world_;
  const Delay delay_;
  const std::shared_ptr<Freezer> process_;
};

}  // namespace saga::simulation
