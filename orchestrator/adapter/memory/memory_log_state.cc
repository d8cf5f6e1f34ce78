#include "orchestrator/adapter/memory/memory_log_state.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace saga::adapter {
namespace {

// FNV-1a: the same partition for a key on every machine.
int32_t PartitionOf(const std::string& key, int partitions) {
  uint32_t hash = 2166136261u;
  for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619u;
  return static_cast<int32_t>(hash % static_cast<uint32_t>(partitions));
}

bool Contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

void MemoryLogState::Wake() const {
  if (options_.wake != nullptr) options_.wake();
}

bool MemoryLogState::Publish(const base::Message& message, Done done) {
  if (!options_.topics.empty() && !Contains(options_.topics, message.topic)) {
    std::move(done)(absl::NotFoundError(absl::StrCat("no topic ", message.topic)));
    return true;
  }
  {
    absl::MutexLock lock(&mutex_);
    if (closed_ || in_flight_ >= options_.max_in_flight) return false;
    ++in_flight_;
    AddTopic(message.topic);
    partitions_[{message.topic, PartitionOf(message.key, options_.partitions)}].pending.push_back(
        {message, std::move(done)});
  }
  Wake();
  return true;
}

bool MemoryLogState::Reachable() const {
  absl::MutexLock lock(&mutex_);
  return reachable_ && !closed_;
}

void MemoryLogState::SetReachable(bool reachable) {
  {
    absl::MutexLock lock(&mutex_);
    reachable_ = reachable;
  }
  Wake();
}

void MemoryLogState::AddTopic(const std::string& topic) {
  if (partitions_.find({topic, 0}) != partitions_.end()) return;
  for (int32_t i = 0; i < options_.partitions; ++i) partitions_[{topic, i}];
  for (const auto& [name, group] : groups_) Spread(name);
}

uint64_t MemoryLogState::Join(std::vector<std::string> topics, const std::string& group,
                              size_t max_unacked, Handler handler) {
  uint64_t number = 0;
  {
    absl::MutexLock lock(&mutex_);
    number = ++last_member_;
    members_[number] = {.topics = std::move(topics),
                        .group = group,
                        .max_unacked = max_unacked,
                        .handler = std::make_shared<const Handler>(std::move(handler))};
    groups_[group];
    Spread(group);
  }
  Wake();
  return number;
}

void MemoryLogState::Leave(uint64_t member) {
  {
    absl::MutexLock lock(&mutex_);
    const auto found = members_.find(member);
    if (found == members_.end()) return;
    const std::string group = found->second.group;
    found->second.topics.clear();
    Spread(group);
    const auto idle = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return members_.at(member).running == 0;
    };
    mutex_.Await(absl::Condition(&idle));
    members_.erase(member);
  }
  Wake();
}

// Partitions that stay with their member go on as if nothing had happened.
void MemoryLogState::Spread(const std::string& group) {
  std::map<PartitionName, Cursor>& cursors = groups_.at(group);
  for (const auto& [name, partition] : partitions_) {
    std::vector<uint64_t> takers;
    for (const auto& [number, member] : members_) {
      if (member.group == group && Contains(member.topics, name.first)) takers.push_back(number);
    }
    Cursor& cursor = cursors[name];
    const uint64_t owner =
        takers.empty() ? 0 : takers[static_cast<size_t>(name.second) % takers.size()];
    if (cursor.owner == owner) continue;
    GiveUp(cursor);
    cursor.owner = owner;
  }
}

void MemoryLogState::GiveUp(Cursor& cursor) {
  const auto owner = members_.find(cursor.owner);
  if (owner != members_.end()) {
    const auto handed_out = static_cast<size_t>(cursor.position - cursor.committed);
    owner->second.unacked -= handed_out - cursor.acked.size();
  }
  ++cursor.generation;
  cursor.position = cursor.committed;
  cursor.acked.clear();
}

void MemoryLogState::Rewind(const std::string& group) {
  {
    absl::MutexLock lock(&mutex_);
    const auto found = groups_.find(group);
    if (found == groups_.end()) return;
    for (auto& [name, cursor] : found->second) GiveUp(cursor);
  }
  Wake();
}

std::vector<MemoryLogState::Choice> MemoryLogState::List() const {
  std::vector<Choice> choices;
  if (!reachable_ || closed_) return choices;
  for (const auto& [name, partition] : partitions_) {
    if (!partition.pending.empty()) choices.push_back(Write{name});
  }
  for (const auto& [group, cursors] : groups_) {
    for (const auto& [name, cursor] : cursors) {
      const auto owner = members_.find(cursor.owner);
      if (owner == members_.end() || owner->second.unacked >= owner->second.max_unacked) continue;
      const auto written = static_cast<int64_t>(partitions_.at(name).written.size());
      if (cursor.position < written) choices.push_back(Deliver{group, name});
    }
  }
  return choices;
}

size_t MemoryLogState::Choices() const {
  absl::MutexLock lock(&mutex_);
  return List().size();
}

bool MemoryLogState::Step(size_t choice) {
  std::optional<Choice> chosen;
  {
    absl::MutexLock lock(&mutex_);
    const std::vector<Choice> choices = List();
    if (choices.empty()) return false;
    chosen = choices[choice % choices.size()];
  }
  std::visit([this](const auto& what) { Do(what); }, *chosen);
  return true;
}

void MemoryLogState::Do(const Write& write) {
  Done done;
  {
    absl::MutexLock lock(&mutex_);
    Partition& partition = partitions_.at(write.partition);
    if (partition.pending.empty()) return;  // another thread was quicker
    Pending first = std::move(partition.pending.front());
    partition.pending.pop_front();
    --in_flight_;
    partition.written.push_back({.message = std::move(first.message),
                                 .time = options_.now == nullptr ? base::Time{} : options_.now(),
                                 .order = ++last_order_});
    done = std::move(first.done);
  }
  std::move(done)(absl::OkStatus());
  Wake();
}

void MemoryLogState::Do(const Deliver& deliver) {
  port::Received received;
  std::shared_ptr<const Handler> handler;
  uint64_t generation = 0;
  uint64_t member = 0;
  {
    absl::MutexLock lock(&mutex_);
    Cursor& cursor = groups_.at(deliver.group).at(deliver.partition);
    const std::vector<Written>& written = partitions_.at(deliver.partition).written;
    const auto owner = members_.find(cursor.owner);
    if (owner == members_.end() || cursor.position >= static_cast<int64_t>(written.size())) return;
    const Written& next = written[static_cast<size_t>(cursor.position)];
    received = {.message = next.message,
                .partition = deliver.partition.second,
                .offset = cursor.position++,
                .time = next.time};
    ++owner->second.unacked;
    ++owner->second.running;
    handler = owner->second.handler;
    generation = cursor.generation;
    member = owner->first;
  }
  const int64_t offset = received.offset;
  (*handler)(std::move(received), [self = shared_from_this(), deliver, generation, offset] {
    self->Acknowledge(deliver, generation, offset);
  });
  absl::MutexLock lock(&mutex_);
  --members_.at(member).running;
}

void MemoryLogState::Acknowledge(const Deliver& delivered, uint64_t generation, int64_t offset) {
  {
    absl::MutexLock lock(&mutex_);
    Cursor& cursor = groups_.at(delivered.group).at(delivered.partition);
    if (cursor.generation != generation) return;
    --members_.at(cursor.owner).unacked;
    cursor.acked.insert(offset);
    while (cursor.acked.erase(cursor.committed) > 0) ++cursor.committed;
  }
  Wake();
}

std::vector<base::Message> MemoryLogState::Messages(const std::string& topic) const {
  absl::MutexLock lock(&mutex_);
  std::map<uint64_t, const base::Message*> ordered;
  for (const auto& [name, partition] : partitions_) {
    if (name.first != topic) continue;
    for (const Written& written : partition.written) ordered[written.order] = &written.message;
  }
  std::vector<base::Message> messages;
  for (const auto& [order, message] : ordered) messages.push_back(*message);
  return messages;
}

void MemoryLogState::Close() {
  std::vector<Done> given_up;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    for (auto& [name, partition] : partitions_) {
      for (Pending& pending : partition.pending) given_up.push_back(std::move(pending.done));
      partition.pending.clear();
    }
    in_flight_ = 0;
  }
  for (Done& done : given_up) std::move(done)(absl::CancelledError("the log is closed"));
}

}  // namespace saga::adapter
