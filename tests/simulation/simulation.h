#pragma once

// One run of one seed: clients, sagad (the production engine), participants, network, disk, all in
// one thread and one simulated clock; first with faults, then without until everything has ended;
// then the audit.

#include <cstdint>
#include <string>
#include <vector>

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
};

struct SimulationResult {
  std::vector<std::string> findings;  // empty: all is well
  uint64_t fingerprint = 0;           // of everything that happened
  uint64_t crashes = 0;
  uint64_t calls = 0;
  uint64_t succeed = 0;
  uint64_t failed = 0;
};

SimulationResult Simulate(const SimulationOptions& options);

}  // namespace saga::simulation
