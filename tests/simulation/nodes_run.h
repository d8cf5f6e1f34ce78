#pragma once

// One run of one seed with several nodes on one store: as simulation.h, but what fails are the
// nodes. They are killed, stopped past their leases and let go on, leave in order, and others join;
// clients and the operator ask any of them.

#include <cstdint>
#include <string>
#include <vector>

namespace saga::simulation {

struct NodesOptions {
  uint64_t seed = 1;
  int nodes = 3;
  int sagas = 8;
  int tccs = 4;
  int messages = 3;
  int xas = 2;
  int workflows = 2;
  bool print = false;
};

struct NodesResult {
  std::vector<std::string> findings;  // empty: all is well
  uint64_t fingerprint = 0;
  uint64_t succeed = 0;
  uint64_t failed = 0;
  uint64_t kills = 0;
  uint64_t freezes = 0;  // past the lease
  uint64_t leaves = 0;
  uint64_t joins = 0;  // after the first ones
  uint64_t takeovers = 0;
  uint64_t fenced_writes = 0;
  uint64_t forwarded = 0;  // questions of one node to another
  uint64_t not_mine = 0;
};

NodesResult SimulateNodes(const NodesOptions& options);

}  // namespace saga::simulation
