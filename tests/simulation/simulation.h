#pragma once

// One run of one seed: clients, sagad (the production engine), participants, network, broker, disk,
// an operator, all in one thread and one simulated clock; first with faults, then without until
// everything has ended or waits for the operator, then with the operator until everything has
// ended; then the audit.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "orchestrator/adapter/memory/memory_store.h"
#include "tests/simulation/faults.h"

namespace saga::simulation {

struct SimulationOptions {
  uint64_t seed = 1;
  int sagas = 10;
  int tccs = 3;
  int messages = 3;
  int xas = 2;
  int workflows = 2;
  bool faults = true;
  bool barrier = true;  // off: to show that the auditor notices
  bool print = false;
  // Called with what the disk holds, at every crash, when only the operator can help, and at the
  // end.
  std::function<void(const adapter::MemoryStore::State& disk)> on_disk;
};

struct SimulationResult {
  std::vector<std::string> findings;  // empty: all is well
  uint64_t fingerprint = 0;           // of everything that happened
  uint64_t crashes = 0;
  uint64_t calls = 0;
  uint64_t succeed = 0;
  uint64_t failed = 0;
  uint64_t commands = 0;  // taken by participants over the broker
  uint64_t broker_crashes = 0;
  uint64_t breaker_openings = 0;
  uint64_t deaths = 0;
  uint64_t parked = 0;  // transactions that only an operator could bring to an end
  uint64_t replays = 0;
  uint64_t edits = 0;
  uint64_t by_hand = 0;   // dead letters resolved as done or as undone
  uint64_t given_up = 0;  // resolved as failed, or called off with their transaction
};

SimulationResult Simulate(const SimulationOptions& options);

}  // namespace saga::simulation
