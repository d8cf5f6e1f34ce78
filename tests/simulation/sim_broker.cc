#include "tests/simulation/sim_broker.h"

#include <algorithm>
#include <utility>

namespace saga::simulation {

int32_t SimBroker::PartitionOf(const std::string& key) {
  uint32_t hash = 2166136261u;  // FNV-1a: the same in every run
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<int32_t>(hash % kPartitions);
}

void SimBroker::GoDown(bool crash) {
  world_->Log(crash ? "broker crash" : "broker away");
  up_ = false;
  if (!crash) return;
  ++era_;
  ++crashes_;
}

void SimBroker::ComeUp() {
  world_->Log("broker back");
  up_ = true;
  for (SimConsumer* consumer : consumers_) consumer->Poll();
}

void SimBroker::Append(const base::Message& message, std::function<void(bool)> confirmed) {
  if (!up_) {
    confirmed(false);
    return;
  }
  world_->After(world_->Between(base::Micros(100), base::Millis(5)),
                [this, message, era = era_, confirmed = std::move(confirmed)] {
                  const bool safe = era == era_;
                  if (safe) Keep(message);
                  if (safe && world_->Chance(faults_->message_doubled)) Keep(message);
                  confirmed(safe);
                });
}

void SimBroker::Keep(const base::Message& message) {
  logs_[{message.topic, PartitionOf(message.key)}].push_back(message);
  for (SimConsumer* consumer : consumers_) consumer->Poll();
}

std::vector<base::Message> SimBroker::Messages(const std::string& topic) const {
  std::vector<base::Message> all;
  for (const auto& [partition, messages] : logs_) {
    if (partition.first == topic) all.insert(all.end(), messages.begin(), messages.end());
  }
  return all;
}

SimConsumer::SimConsumer(World* world, SimBroker* broker, const Faults* faults, std::string group,
                         std::string topic, Handler handler)
    : world_(world),
      broker_(broker),
      faults_(faults),
      group_(std::move(group)),
      topic_(std::move(topic)),
      handler_(std::move(handler)) {
  for (int32_t partition = 0; partition < SimBroker::kPartitions; ++partition)
    progress_[partition].position = broker_->committed_[{group_, {topic_, partition}}];
  broker_->consumers_.push_back(this);
  Poll();
}

SimConsumer::~SimConsumer() {
  *alive_ = false;
  std::erase(broker_->consumers_, this);
}

void SimConsumer::Poll() {
  for (int32_t partition = 0; partition < SimBroker::kPartitions; ++partition) Fetch(partition);
}

void SimConsumer::Fetch(int32_t partition) {
  Progress& progress = progress_[partition];
  const std::vector<base::Message>& log = broker_->logs_[{topic_, partition}];
  if (progress.fetching || !broker_->Up() ||
      progress.position >= static_cast<int64_t>(log.size())) {
    return;
  }
  progress.fetching = true;
  world_->After(world_->Between(base::Micros(100), faults_->latency_max),
                [this, partition, alive = alive_] {
                  if (!*alive) return;
                  progress_[partition].fetching = false;
                  if (broker_->Up()) Deliver(partition);
                });
}

void SimConsumer::Deliver(int32_t partition) {
  Progress& progress = progress_[partition];
  if (world_->Chance(faults_->group_rewinds))
    progress.position = broker_->committed_[{group_, {topic_, partition}}];
  const int64_t offset = progress.position++;
  const base::Message message = broker_->logs_[{topic_, partition}][static_cast<size_t>(offset)];
  const std::shared_ptr<bool> alive = alive_;
  handler_({.message = message, .partition = partition, .offset = offset, .time = world_->Now()},
           [this, alive, partition, offset] {
             if (*alive) Acknowledge(partition, offset);
           });
  if (*alive) Fetch(partition);  // the handler's process may have died of it
}

void SimConsumer::Acknowledge(int32_t partition, int64_t offset) {
  progress_[partition].acked.insert(offset);
  // Offsets are committed now and then, not one by one.
  world_->After(world_->Between(base::Micros(0), base::Seconds(1)),
                [this, partition, alive = alive_] {
                  if (!*alive || !broker_->Up()) return;
                  int64_t& committed = broker_->committed_[{group_, {topic_, partition}}];
                  while (progress_[partition].acked.erase(committed) > 0) ++committed;
                });
}

}  // namespace saga::simulation
