#pragma once

// Messages that are stored and not published yet. They get in with the commit of what caused them
// (Write::outbox in transaction_store.h) or by Park, and leave when the broker has them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/base/message.h"

namespace saga::port {

struct OutboxRecord {
  uint64_t id = 0;  // grows with every insert, never used again: the order of commits
  base::Time create_time;
  base::Message message;

  bool operator==(const OutboxRecord&) const = default;
};

struct OutboxCounts {
  uint64_t waiting = 0;
  base::Time oldest;  // unset when none waits
};

// A message that came in and means nothing to us: kept, with the reason, until somebody looks.
struct ParkedMessage {
  uint64_t id = 0;  // grows, never used again
  base::Time park_time;
  std::string reason;
  int32_t partition = 0;  // where it came from
  int64_t offset = 0;
  base::Message message;

  bool operator==(const ParkedMessage&) const = default;
};

// Thread-safe. Every call may wait for the disk. Unavailable: the store does not answer.
class OutboxStore {
 public:
  virtual ~OutboxStore() = default;

  // Up to `limit` records with ids above `after_id`, lowest first.
  virtual absl::StatusOr<std::vector<OutboxRecord>> ReadOutbox(uint64_t after_id, size_t limit) = 0;

  // The records are published. Need not be durable when it returns: what comes back after a crash
  // is published once more. Unknown ids are no error.
  virtual absl::Status RemoveOutbox(const std::vector<uint64_t>& ids) = 0;

  virtual absl::StatusOr<OutboxCounts> CountOutbox() = 0;

  // Keeps `parked` (its id is not read) and puts `copy` into the outbox, both in one durable
  // commit; no copy when that has no topic. A message of the same topic, partition and offset is
  // kept once: OK, and nothing is done.
  virtual absl::Status Park(const ParkedMessage& parked, const base::Message& copy) = 0;

  // Parked messages with ids below `before_id` (0: all), highest first.
  virtual absl::StatusOr<std::vector<ParkedMessage>> ListParked(uint64_t before_id,
                                                                size_t limit) = 0;
  // Somebody has looked at it. NotFound when there is none.
  virtual absl::Status DeleteParked(uint64_t id) = 0;
};

}  // namespace saga::port
