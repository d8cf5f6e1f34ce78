#pragma once

// Whoever wants something of sagad in the simulated world.

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/engine.h"
#include "tests/simulation/bank.h"

namespace saga::simulation {

// The engine of the present life, or null while the process is down.
using EngineNow = std::function<engine::Engine*()>;

class Customer {
 public:
  virtual ~Customer() = default;

  virtual void Start(base::Duration delay) = 0;
  // Asks no more: it knows what became of it, or has given up.
  virtual bool Done() const = 0;
  virtual const std::string& gid() const = 0;
  // What is wrong with how it ended; empty: nothing. `record` as it is on disk.
  virtual std::vector<std::string> Judge(const absl::StatusOr<core::GlobalTransaction>& record,
                                         const Bank& bank) const = 0;
};

}  // namespace saga::simulation
