#pragma once

// The partitions that a consumer has right now, and what of them is acknowledged. Outlives the
// consumer as long as somebody holds an acknowledgement.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/kafka/acked_offsets.h"
#include "orchestrator/adapter/kafka/kafka_client.h"

namespace saga::adapter {

// Thread-safe.
class TakenPartitions : public std::enable_shared_from_this<TakenPartitions> {
 public:
  // What is acknowledged is told to `client` from now on, until Forget.
  void Use(rd_kafka_t* client) ABSL_LOCKS_EXCLUDED(mutex_);
  // The client goes: later acknowledgements are of no use any more, and harmless.
  void Forget() ABSL_LOCKS_EXCLUDED(mutex_);

  void Add(const rd_kafka_topic_partition_list_t& partitions) ABSL_LOCKS_EXCLUDED(mutex_);
  // Somebody else gets them, and with them every message that is not acknowledged.
  void Remove(const rd_kafka_topic_partition_list_t& partitions) ABSL_LOCKS_EXCLUDED(mutex_);

  // The acknowledgement of a message that is about to be handed out; null when its partition is not
  // ours any more: it must not be handed out.
  absl::AnyInvocable<void()> HandOut(const std::string& topic, int32_t partition, int64_t offset)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Messages that are handed out, not acknowledged, and still ours.
  size_t Open() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether something was acknowledged since the last time, that is, whether there is something to
  // commit.
  bool TakeNews() ABSL_LOCKS_EXCLUDED(mutex_);
  // It could not be committed: to be tried again.
  void KeepNews() ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until fewer than `limit` are open; false when `timeout` ran out first.
  bool WaitForRoom(size_t limit, absl::Duration timeout) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Partition {
    std::string topic;
    int32_t number = 0;
    bool ours = true;
    AckedOffsets offsets;
  };

  // Forgets what is there of that partition.
  void Begin(const std::string& topic, int32_t partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Acknowledge(Partition& partition, int64_t offset) ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveUp(Partition& partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  rd_kafka_t* client_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::map<std::pair<std::string, int32_t>, std::shared_ptr<Partition>> partitions_
      ABSL_GUARDED_BY(mutex_);
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  bool news_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace saga::adapter
