#pragma once

// A store in memory for one engine, that can be told to fail.

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::integration {

// Thread-safe. Holds nothing for nobody: with a single engine, what is in the engine's memory needs no claim.
class SwitchableStore : public port::TransactionStore {
 public:
  // From here on commits fail with `error`, until Heal.
  void FailCommits(const std::string& error);
  void Heal();

  std::vector<port::WriteResult> Commit(const std::vector<port::Write>& batch) override;
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override;
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now, size_t limit) override;
  bool Claim(const std::string& gid) override;
  void Release(const std::string& gid) override;
  absl::StatusOr<base::Time> NextDue() override;
  absl::Status Ping() override;
  std::string Name() const override;

 private:
  port::WriteResult CommitOne(const port::Write& write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::map<std::string, core::GlobalTransaction> records_ ABSL_GUARDED_BY(mutex_);
  std::string error_ ABSL_GUARDED_BY(mutex_);  // empty: works
};

}  // namespace saga::integration
