#pragma once

// The log between sagad and the participants, as unkind as Kafka may be: it goes away, it forgets
// what it had not confirmed when it crashes, it has messages twice, its partitions keep no order
// among each other, and it hands a group what it handed it before. It belongs to the world: it
// lives on when a process dies.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "orchestrator/base/message.h"
#include "orchestrator/port/message_source.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class SimConsumer;

class SimBroker {
 public:
  static constexpr int32_t kPartitions = 3;
  using Partition = std::pair<std::string, int32_t>;  // topic, number

  SimBroker(World* world, const Faults* faults) : world_(world), faults_(faults) {}

  static int32_t PartitionOf(const std::string& key);

  bool Up() const { return up_; }
  // `crash`: what it had taken and not confirmed is lost.
  void GoDown(bool crash);
  void ComeUp();

  // A message arrives. `confirmed` runs when it is safe, or is never to be (false).
  void Append(const base::Message& message, std::function<void(bool)> confirmed);

  // All that is safe of a topic, partition by partition.
  std::vector<base::Message> Messages(const std::string& topic) const;
  uint64_t Crashes() const { return crashes_; }

 private:
  friend class SimConsumer;

  void Keep(const base::Message& message);

  World* const world_;
  const Faults* const faults_;
  bool up_ = true;
  uint64_t era_ = 0;  // changes with every crash
  uint64_t crashes_ = 0;
  std::map<Partition, std::vector<base::Message>> logs_;
  std::map<std::pair<std::string, Partition>, int64_t> committed_;  // by group
  std::vector<SimConsumer*> consumers_;  // as they joined: what is done for each has to repeat
};

// The one member of a group. Gone with its process: then nothing is delivered and no offset is
// committed any more.
class SimConsumer {
 public:
  using Handler = port::MessageSource::Handler;

  SimConsumer(World* world, SimBroker* broker, const Faults* faults, std::string group,
              std::string topic, Handler handler);
  ~SimConsumer();

  void Poll();

 private:
  struct Progress {
    int64_t position = 0;
    std::set<int64_t> acked;  // not yet committed, because one before is not
    bool fetching = false;
  };

  void Fetch(int32_t partition);
  void Deliver(int32_t partition);
  void Acknowledge(int32_t partition, int64_t offset);

  World* const world_;
  SimBroker* const broker_;
  const Faults* const faults_;
  const std::string group_;
  const std::string topic_;
  const Handler handler_;
  std::map<int32_t, Progress> progress_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace saga::simulation
