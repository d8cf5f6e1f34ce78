#pragma once

// Faults in front of the outbox of a store.

#include <vector>

#include "orchestrator/port/outbox_store.h"
#include "tests/simulation/crash_switch.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class SimOutbox : public port::OutboxStore {
 public:
  SimOutbox(World* world, const Faults* faults, CrashSwitch* crash, port::OutboxStore* disk)
      : world_(world), faults_(faults), crash_(crash), disk_(disk) {}

  absl::StatusOr<std::vector<port::OutboxRecord>> ReadOutbox(uint64_t after_id,
                                                             size_t limit) override {
    if (Away()) return absl::UnavailableError("simulated");
    return disk_->ReadOutbox(after_id, limit);
  }
  // A process that dies here has published and not removed, or done both.
  absl::Status RemoveOutbox(const std::vector<uint64_t>& ids) override {
    if (crash_->Happened()) return absl::UnavailableError("simulated");
    if (crash_->At(CrashSwitch::Point::kRemove)) {
      if (world_->Chance(0.5)) (void)disk_->RemoveOutbox(ids);
      return absl::UnavailableError("simulated");
    }
    if (Away()) return absl::UnavailableError("simulated");
    return disk_->RemoveOutbox(ids);
  }
  absl::StatusOr<port::OutboxCounts> CountOutbox() override { return disk_->CountOutbox(); }
  absl::Status Park(const port::ParkedMessage& parked, const base::Message& copy) override {
    if (Away()) return absl::UnavailableError("simulated");
    return disk_->Park(parked, copy);
  }
  absl::StatusOr<std::vector<port::ParkedMessage>> ListParked(uint64_t before_id,
                                                              size_t limit) override {
    return disk_->ListParked(before_id, limit);
  }
  absl::Status DeleteParked(uint64_t id) override { return disk_->DeleteParked(id); }

 private:
  bool Away() { return crash_->Happened() || world_->Chance(faults_->outbox_fails); }

  World* const world_;
  const Faults* const faults_;
  CrashSwitch* const crash_;
  port::OutboxStore* const disk_;
};

}  // namespace saga::simulation
