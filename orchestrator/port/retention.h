#pragma once

// Forgetting what ended long ago. A gid that was forgotten is free: a client that repeats its
// request begins a new transaction.

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"

namespace saga::port {

struct Forgotten {
  uint64_t transactions = 0;
  // Everything was looked through, from the oldest transaction to those that are too young; the
  // next call begins anew. False: there may be more, ask again soon.
  bool complete = true;
};

// Thread-safe. A call may wait for the disk, and keeps a commit waiting for a few milliseconds at
// most.
class Retention {
 public:
  virtual ~Retention() = default;

  // Deletes up to `limit` transactions that ended before `before`, with their branches, history and
  // dead letter marks, the oldest first; fewer when they have many rows. Open ones are never
  // touched, and neither are messages, jobs and records. Where nothing ended for long, one that
  // ended may stay for a while: the newest of all, and any behind many younger ones. Need not be
  // durable when it returns. Unavailable: the store does not answer; nothing was deleted.
  virtual absl::StatusOr<Forgotten> DeleteFinished(base::Time before, size_t limit) = 0;
};

}  // namespace saga::port
