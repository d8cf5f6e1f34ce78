#pragma once

// The processes that work on one store. A store that no others can share has one: this process.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"

namespace saga::port {

enum class NodeState : uint8_t {
  kLive = 1,
  kLeaving = 2,  // it goes: it begins nothing more, and hands over when it is done
  kGone = 3,     // it left, or its lease has run out: what it held is anybody's
};

// One start of one process.
struct NodeView {
  uint64_t id = 0;       // grows with every start: the fencing token
  std::string name;      // config node.name
  std::string address;   // where it listens for other nodes; empty: not known yet
  std::string version;   // of sagad
  base::Time since;      // its start
  base::Time lease_end;  // by this process's clock; kNever: none is needed
  NodeState state = NodeState::kLive;
  uint64_t held = 0;   // open transactions that are its
  bool self = false;   // this process
};

// Thread-safe. Every call may wait for the store. Unavailable: it does not answer.
class NodeList {
 public:
  virtual ~NodeList() = default;

  // Live ones and those that went in the last hours, oldest first.
  virtual absl::StatusOr<std::vector<NodeView>> ListNodes() = 0;

  // The id of the node that holds an open transaction; 0: nobody does.
  virtual absl::StatusOr<uint64_t> HolderOf(const std::string& gid) = 0;
};

}  // namespace saga::port
