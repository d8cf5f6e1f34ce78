#pragma once

// Faults in front of a store. The disk is what is inside; a crash leaves it as it is, but for the
// batch under way.

#include <string>
#include <vector>

#include "orchestrator/port/transaction_store.h"
#include "tests/simulation/crash_switch.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

class SimStore : public port::TransactionStore {
 public:
  SimStore(World* world, const Faults* faults, CrashSwitch* crash, port::TransactionStore* disk)
      : world_(world), faults_(faults), crash_(crash), disk_(disk) {}

  // A process that dies in it: its batch reaches the disk whole or not at all, and nobody hears of
  // it.
  std::vector<port::WriteResult> Commit(const std::vector<port::Write>& batch) override;
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override {
    return disk_->Load(gid);
  }
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                size_t limit) override {
    return disk_->ClaimDue(now, limit);
  }
  port::Holding Claim(const std::string& gid) override { return disk_->Claim(gid); }
  void Release(const std::string& gid) override { disk_->Release(gid); }
  absl::StatusOr<base::Time> NextDue() override { return disk_->NextDue(); }
  base::Time HeldUntil() const override { return disk_->HeldUntil(); }
  std::vector<std::string> TakeLost() override { return disk_->TakeLost(); }
  void Leave() override { disk_->Leave(); }
  absl::Status Ping() override { return disk_->Ping(); }
  std::string Name() const override { return disk_->Name(); }

 private:
  World* const world_;
  const Faults* const faults_;
  CrashSwitch* const crash_;
  port::TransactionStore* const disk_;
};

}  // namespace saga::simulation
