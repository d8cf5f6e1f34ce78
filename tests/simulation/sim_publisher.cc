#include "tests/simulation/sim_publisher.h"

#include <utility>

namespace saga::simulation {

namespace {

constexpr size_t kMostUnderWay = 16;  // few, so that it is full at times

}  // namespace

SimPublisher::SimPublisher(World* world, SimBroker* broker, const Faults* faults,
                           CrashSwitch* crash)
    : world_(world), broker_(broker), faults_(faults), crash_(crash) {}

bool SimPublisher::Publish(const base::Message& message, Done done) {
  if (crash_ != nullptr && crash_->At(CrashSwitch::Point::kPublish)) return false;
  if (under_way_ >= kMostUnderWay) return false;
  ++under_way_;
  const SimBroker::Partition partition = {message.topic, SimBroker::PartitionOf(message.key)};
  std::deque<Sending>& queue = queues_[partition];
  queue.push_back({message, std::make_shared<Done>(std::move(done))});
  if (queue.size() == 1) Send(partition);
  return true;
}

void SimPublisher::Send(const SimBroker::Partition& partition) {
  const base::Message& message = queues_[partition].front().message;
  world_->After(world_->Between(base::Micros(100), faults_->latency_max),
                [this, partition, message, alive = alive_, broker = broker_] {
                  broker->Append(message, [this, partition, alive](bool safe) {
                    if (*alive) OnConfirmed(partition, safe);
                  });
                });
}

void SimPublisher::OnConfirmed(const SimBroker::Partition& partition, bool safe) {
  std::deque<Sending>& queue = queues_[partition];
  // A confirmation may be lost, and a message that is not confirmed be given up.
  if (safe && world_->Chance(faults_->confirmation_lost)) safe = false;
  if (!safe && !world_->Chance(faults_->publish_given_up)) {
    world_->After(base::Millis(200), [this, partition, alive = alive_] {
      if (*alive) Send(partition);
    });
    return;
  }
  const Sending sent = std::move(queue.front());
  queue.pop_front();
  --under_way_;
  if (!queue.empty()) Send(partition);
  (*sent.done)(safe ? absl::OkStatus() : absl::UnavailableError("simulated"));
}

}  // namespace saga::simulation
