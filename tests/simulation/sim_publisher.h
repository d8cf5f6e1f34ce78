#pragma once

// A producer of one process: it keeps the order of a partition, sends again what was not confirmed,
// and gives up at times without knowing. What is on the wire when its process dies arrives or does
// not.

#include <cstddef>
#include <deque>
#include <map>
#include <memory>

#include "orchestrator/port/message_publisher.h"
#include "tests/simulation/crash_switch.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/sim_broker.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class SimPublisher : public port::MessagePublisher {
 public:
  // `crash` may be null: a process that does not die here.
  SimPublisher(World* world, SimBroker* broker, const Faults* faults, CrashSwitch* crash);
  ~SimPublisher() override { *alive_ = false; }

  bool Publish(const base::Message& message, Done done) override;
  bool Reachable() const override { return broker_->Up(); }

 private:
  struct Sending {
    base::Message message;
    std::shared_ptr<Done> done;
  };

  void Send(const SimBroker::Partition& partition);
  void OnConfirmed(const SimBroker::Partition& partition, bool safe);

  World* const world_;
  SimBroker* const broker_;
  const Faults* const faults_;
  CrashSwitch* const crash_;
  size_t under_way_ = 0;
  std::map<SimBroker::Partition, std::deque<Sending>> queues_;  // the first is on the wire
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace saga::simulation
