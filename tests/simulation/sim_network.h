#pragma once

// The wire between sagad and the participants. Messages under way belong to the world: they arrive
// even when the process that sent them is gone.

#include <functional>
#include <memory>
#include <string>

#include "orchestrator/port/branch_caller.h"
#include "tests/simulation/bank.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

// One per life of the process: a new start cannot hear the answers to calls of the one before.
class SimNetwork : public port::BranchCaller {
 public:
  // Whether nobody is at a target now; may be asked when this is gone.
  using Away = std::function<bool(const std::string& target)>;

  SimNetwork(World* world, Bank* bank, const Faults* faults, Away away)
      : world_(world),
        bank_(bank),
        faults_(faults),
        away_(std::move(away)),
        alive_(std::make_shared<bool>(true)) {}
  ~SimNetwork() override { *alive_ = false; }

  void Call(port::BranchCall call, Done done) override;

 private:
  struct Waiting;
  void Deliver(const std::shared_ptr<Waiting>& waiting, base::Duration delay);

  World* const world_;
  Bank* const bank_;
  const Faults* const faults_;
  const Away away_;
  const std::shared_ptr<bool> alive_;
};

}  // namespace saga::simulation
