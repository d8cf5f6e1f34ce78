#pragma once

// The outbox without a disk. Like the store's, its whole content is a value that can be copied,
// kept and put back.

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/outbox_store.h"

namespace saga::adapter {

// Thread-safe, never waits, never fails. Ids grow with every insert and are never used again, by
// none that is restored from a copy either.
class MemoryOutbox final : public port::OutboxStore {
 public:
  // Records are never changed in place: a copy shares them.
  struct State {
    std::map<uint64_t, std::shared_ptr<const port::OutboxRecord>> waiting;  // by id
    std::map<uint64_t, std::shared_ptr<const port::ParkedMessage>> parked;  // by id
    uint64_t last_id = 0;
    uint64_t last_parked_id = 0;
  };

  State Snapshot() const;
  void Restore(State state);
  // For the store's commits.
  void Add(const std::vector<base::Message>& messages, base::Time create_time);

  // port::OutboxStore
  absl::StatusOr<std::vector<port::OutboxRecord>> ReadOutbox(uint64_t after_id,
                                                             size_t limit) override;
  absl::Status RemoveOutbox(const std::vector<uint64_t>& ids) override;
  absl::StatusOr<port::OutboxCounts> CountOutbox() override;
  absl::Status Park(const port::ParkedMessage& parked, const base::Message& copy) override;
  absl::StatusOr<std::vector<port::ParkedMessage>> ListParked(uint64_t before_id,
                                                              size_t limit) override;
  absl::Status DeleteParked(uint64_t id) override;

 private:
  void Insert(const base::Message& message, base::Time create_time)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::adapter
