#pragma once

// Reading dead letters, for people and for jobs. Never on the path of a transaction.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/transaction.h"

namespace saga::port {

struct DeadLetter {
  uint64_t position = 0;                // in the list's order, for the next page
  core::GlobalTransaction transaction;  // without branches
  core::Branch branch;
};

// Dead letters with one cause.
struct DeadLetterGroup {
  std::string destination;
  core::Op op = core::Op::kAction;
  std::string fingerprint;
  std::string sample;  // the text of one of them
  uint64_t count = 0;
  base::Time oldest;  // by dead_time
  base::Time newest;
};

struct DeadLetterCount {
  std::string destination;
  core::Op op = core::Op::kAction;
  uint64_t count = 0;
  base::Time oldest;
};

// Thread-safe. Sees every commit that returned before the call began. A dead letter is a branch
// with `dead` set of a transaction that is open.
class DeadLetterQuery {
 public:
  virtual ~DeadLetterQuery() = default;

  // Oldest transaction first, positions above `after` only.
  virtual absl::StatusOr<std::vector<DeadLetter>> ListDead(const core::Filter& filter,
                                                           base::Time now, uint64_t after,
                                                           size_t limit) = 0;
  // Largest group first.
  virtual absl::StatusOr<std::vector<DeadLetterGroup>> GroupDead(const core::Filter& filter,
                                                                 base::Time now) = 0;
  // By destination and op; for metrics.
  virtual absl::StatusOr<std::vector<DeadLetterCount>> CountDead() = 0;
};

}  // namespace saga::port
