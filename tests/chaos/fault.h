#pragma once

// What goes wrong, drawn from a seed.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/chaos/cluster.h"

namespace saga::chaos {

struct Fault {
  bool sagad = false;     // a node
  bool database = false;  // a database, at the same time
  bool pause = false;     // SIGSTOP, and SIGCONT later; else kill -9, and a start later
  int sagad_number = 0;
  int database_number = 0;
  absl::Duration lasts;
};

// "kill sagad 1 and database 0 for 2.1s".
std::string ToString(const Fault& fault);
// "kill sagad and database".
std::string KindOf(const Fault& fault);

// `count` faults, each kind as often as the others; the same for the same seed.
std::vector<Fault> DrawFaults(uint64_t seed, int count, int nodes, int databases);

// Makes it happen, waits as long as it lasts, and brings back what was hit. What went otherwise
// than it should, as a text; empty: nothing did.
std::string Fire(const Fault& fault, Cluster& cluster);

}  // namespace saga::chaos
