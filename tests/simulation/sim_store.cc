#include "tests/simulation/sim_store.h"

namespace saga::simulation {

namespace {

std::vector<port::WriteResult> AllOf(size_t size, port::WriteResult::Kind kind) {
  std::vector<port::WriteResult> results(size);
  for (port::WriteResult& result : results) {
    result.kind = kind;
    result.error = "simulated";
  }
  return results;
}

}  // namespace

std::vector<port::WriteResult> SimStore::Commit(const std::vector<port::Write>& batch) {
  if (crash_->Happened()) return AllOf(batch.size(), port::WriteResult::Kind::kUnknown);
  if (crash_->At(CrashSwitch::Point::kCommit)) {
    if (world_->Chance(0.5)) (void)disk_->Commit(batch);
    return AllOf(batch.size(), port::WriteResult::Kind::kUnknown);
  }
  if (world_->Chance(faults_->commit_refused))
    return AllOf(batch.size(), port::WriteResult::Kind::kFailed);
  if (world_->Chance(faults_->commit_unknown)) {
    if (world_->Chance(0.5)) (void)disk_->Commit(batch);
    return AllOf(batch.size(), port::WriteResult::Kind::kUnknown);
  }
  return disk_->Commit(batch);
}

}  // namespace saga::simulation
