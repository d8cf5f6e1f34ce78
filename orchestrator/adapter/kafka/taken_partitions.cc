#include "orchestrator/adapter/kafka/taken_partitions.h"

#include <optional>
#include <utility>

namespace saga::adapter {

void TakenPartitions::Use(rd_kafka_t* client) {
  absl::MutexLock lock(&mutex_);
  client_ = client;
}

void TakenPartitions::Forget() {
  absl::MutexLock lock(&mutex_);
  for (auto& [name, partition] : partitions_) GiveUp(*partition);
  partitions_.clear();
  client_ = nullptr;
  news_ = false;
}

void TakenPartitions::Add(const rd_kafka_topic_partition_list_t& partitions) {
  absl::MutexLock lock(&mutex_);
  for (int i = 0; i < partitions.cnt; ++i) {
    Begin(partitions.elems[i].topic, partitions.elems[i].partition);
  }
}

void TakenPartitions::Begin(const std::string& topic, int32_t partition) {
  std::shared_ptr<Partition>& taken = partitions_[{topic, partition}];
  if (taken != nullptr) GiveUp(*taken);
  taken = std::make_shared<Partition>();
  taken->topic = topic;
  taken->number = partition;
}

void TakenPartitions::Remove(const rd_kafka_topic_partition_list_t& partitions) {
  absl::MutexLock lock(&mutex_);
  for (int i = 0; i < partitions.cnt; ++i) {
    const auto found = partitions_.find({partitions.elems[i].topic, partitions.elems[i].partition});
    if (found == partitions_.end()) continue;
    GiveUp(*found->second);
    partitions_.erase(found);
  }
}

void TakenPartitions::GiveUp(Partition& partition) {
  partition.ours = false;
  open_ -= partition.offsets.open();
}

absl::AnyInvocable<void()> TakenPartitions::HandOut(const std::string& topic, int32_t partition,
                                                    int64_t offset) {
  absl::MutexLock lock(&mutex_);
  const auto found = partitions_.find({topic, partition});
  if (found == partitions_.end()) return nullptr;
  // Backwards: the topic was made anew, or its log was cut.
  if (offset <= found->second->offsets.last()) Begin(topic, partition);
  found->second->offsets.HandedOut(offset);
  ++open_;
  return [self = shared_from_this(), taken = found->second, offset] {
    self->Acknowledge(*taken, offset);
  };
}

void TakenPartitions::Acknowledge(Partition& partition, int64_t offset) {
  absl::MutexLock lock(&mutex_);
  if (!partition.ours) return;
  --open_;
  const std::optional<int64_t> next = partition.offsets.Acknowledge(offset);
  if (!next.has_value()) return;
  news_ = true;
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number)->offset =
      *next;
  // Fails when the partition is being taken away right now: then the message comes again, to
  // whoever has it.
  rd_kafka_offsets_store(client_, list.get());
}

size_t TakenPartitions::Open() const {
  absl::MutexLock lock(&mutex_);
  return open_;
}

bool TakenPartitions::TakeNews() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(news_, false);
}

void TakenPartitions::KeepNews() {
  absl::MutexLock lock(&mutex_);
  news_ = true;
}

bool TakenPartitions::WaitForRoom(size_t limit, absl::Duration timeout) const {
  absl::MutexLock lock(&mutex_);
  const auto room = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return open_ < limit; };
  return mutex_.AwaitWithTimeout(absl::Condition(&room), timeout);
}

}  // namespace saga::adapter
