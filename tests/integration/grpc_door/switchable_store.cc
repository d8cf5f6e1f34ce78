#include "tests/integration/grpc_door/switchable_store.h"

#include <utility>

namespace saga::integration {

using port::Write;
using port::WriteResult;

void SwitchableStore::FailCommits(const std::string& error) {
  absl::MutexLock lock(&mutex_);
  error_ = error;
}

void SwitchableStore::Heal() {
  absl::MutexLock lock(&mutex_);
  error_.clear();
}

std::vector<WriteResult> SwitchableStore::Commit(const std::vector<Write>& batch) {
  absl::MutexLock lock(&mutex_);
  std::vector<WriteResult> results;
  for (const Write& write : batch) results.push_back(CommitOne(write));
  return results;
}

WriteResult SwitchableStore::CommitOne(const Write& write) {
  WriteResult result;
  const core::GlobalTransaction& record = *write.transaction;
  const auto found = records_.find(record.gid);
  if (!error_.empty()) {
    result.kind = WriteResult::Kind::kFailed;
    result.error = error_;
  } else if (write.kind == Write::Kind::kInsert && found != records_.end()) {
    result.kind = WriteResult::Kind::kAlreadyThere;
    result.existing = found->second;
  } else if (write.kind == Write::Kind::kUpdate &&
             (found == records_.end() || found->second.version + 1 != record.version)) {
    result.kind = WriteResult::Kind::kConflict;
  } else {
    records_[record.gid] = record;
  }
  return result;
}

absl::StatusOr<core::GlobalTransaction> SwitchableStore::Load(const std::string& gid) {
  absl::MutexLock lock(&mutex_);
  const auto found = records_.find(gid);
  if (found == records_.end()) return absl::NotFoundError("no such gid");
  return found->second;
}

absl::StatusOr<std::vector<core::GlobalTransaction>> SwitchableStore::ClaimDue(base::Time, size_t) {
  return std::vector<core::GlobalTransaction>();
}

bool SwitchableStore::Claim(const std::string&) { return true; }

void SwitchableStore::Release(const std::string&) {}

absl::StatusOr<base::Time> SwitchableStore::NextDue() { return base::kNever; }

absl::Status SwitchableStore::Ping() { return absl::OkStatus(); }

std::string SwitchableStore::Name() const { return "switchable"; }

}  // namespace saga::integration
