#pragma once

// The store in memory, with a switch that makes its commits fail.

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::integration {

// Thread-safe.
class SwitchableStore : public port::TransactionStore {
 public:
  // From here on commits fail with `error`, until Heal.
  void FailCommits(const std::string& error) { SetError(error); }
  void Heal() { SetError(""); }

  // What is stored, for assertions.
  port::TransactionQuery& query() { return store_; }

  std::vector<port::WriteResult> Commit(const std::vector<port::Write>& batch) override;
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override {
    return store_.Load(gid);
  }
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                size_t limit) override {
    return store_.ClaimDue(now, limit);
  }
  port::Holding Claim(const std::string& gid) override { return store_.Claim(gid); }
  void Release(const std::string& gid) override { store_.Release(gid); }
  absl::StatusOr<base::Time> NextDue() override { return store_.NextDue(); }
  absl::Status Ping() override { return store_.Ping(); }
  std::string Name() const override { return store_.Name(); }

 private:
  void SetError(const std::string& error);

  adapter::MemoryStore store_;
  absl::Mutex mutex_;
  std::string error_ ABSL_GUARDED_BY(mutex_);  // empty: works
};

}  // namespace saga::integration
