#include "orchestrator/adapter/memory/memory_outbox.h"

#include <algorithm>
#include <utility>

namespace saga::adapter {

MemoryOutbox::State MemoryOutbox::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

void MemoryOutbox::Restore(State state) {
  absl::MutexLock lock(&mutex_);
  state_ = std::move(state);
}

void MemoryOutbox::Add(const std::vector<base::Message>& messages, base::Time create_time) {
  absl::MutexLock lock(&mutex_);
  for (const base::Message& message : messages) Insert(message, create_time);
}

void MemoryOutbox::Insert(const base::Message& message, base::Time create_time) {
  const uint64_t id = ++state_.last_id;
  state_.waiting[id] = std::make_shared<const port::OutboxRecord>(
      port::OutboxRecord{.id = id, .create_time = create_time, .message = message});
}

absl::StatusOr<std::vector<port::OutboxRecord>> MemoryOutbox::ReadOutbox(uint64_t after_id,
                                                                         size_t limit) {
  absl::MutexLock lock(&mutex_);
  std::vector<port::OutboxRecord> records;
  for (auto entry = state_.waiting.upper_bound(after_id);
       entry != state_.waiting.end() && records.size() < limit; ++entry) {
    records.push_back(*entry->second);
  }
  return records;
}

absl::Status MemoryOutbox::RemoveOutbox(const std::vector<uint64_t>& ids) {
  absl::MutexLock lock(&mutex_);
  for (const uint64_t id : ids) state_.waiting.erase(id);
  return absl::OkStatus();
}

absl::StatusOr<port::OutboxCounts> MemoryOutbox::CountOutbox() {
  absl::MutexLock lock(&mutex_);
  port::OutboxCounts counts;
  counts.waiting = state_.waiting.size();
  if (!state_.waiting.empty()) counts.oldest = state_.waiting.begin()->second->create_time;
  return counts;
}

absl::Status MemoryOutbox::Park(const port::ParkedMessage& parked, const base::Message& copy) {
  absl::MutexLock lock(&mutex_);
  const bool there =
      std::any_of(state_.parked.begin(), state_.parked.end(), [&](const auto& entry) {
        const port::ParkedMessage& other = *entry.second;
        return other.message.topic == parked.message.topic && other.partition == parked.partition &&
               other.offset == parked.offset;
      });
  if (there) return absl::OkStatus();
  const uint64_t id = ++state_.last_parked_id;
  auto kept = std::make_shared<port::ParkedMessage>(parked);
  kept->id = id;
  state_.parked[id] = std::move(kept);
  if (!copy.topic.empty()) Insert(copy, parked.park_time);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<port::ParkedMessage>> MemoryOutbox::ListParked(uint64_t before_id,
                                                                          size_t limit) {
  absl::MutexLock lock(&mutex_);
  std::vector<port::ParkedMessage> messages;
  auto entry = before_id == 0 ? state_.parked.end() : state_.parked.lower_bound(before_id);
  while (entry != state_.parked.begin() && messages.size() < limit)
    messages.push_back(*(--entry)->second);
  return messages;
}

absl::Status MemoryOutbox::DeleteParked(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  return state_.parked.erase(id) == 0 ? absl::NotFoundError("no such parked message")
                                      : absl::OkStatus();
}

}  // namespace saga::adapter
