#pragma once

// A store without a disk, for tests and for the simulation, where it plays the disk: its whole
// content is a value that can be copied, kept and put back. Deterministic: nothing depends on
// addresses, hashes or time.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/memory/memory_outbox.h"
#include "orchestrator/port/dead_letter_query.h"
#include "orchestrator/port/retention.h"
#include "orchestrator/port/transaction_query.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::adapter {

// Thread safety: as the ports say; the one mutex is for the queries' sake. Never blocks on anything
// else, never fails.
class MemoryStore final : public port::TransactionStore,
                          public port::TransactionQuery,
                          public port::DeadLetterQuery,
                          public port::Retention {
 public:
  // What a disk would hold. Records are never changed in place, so a copy shares them and costs a
  // pointer each.
  struct Row {
    uint64_t id = 0;
    core::GlobalTransaction transaction;
    base::Time next_wake = base::kNever;
    std::vector<core::HistoryEntry> history;
  };
  struct State {
    std::map<std::string, std::shared_ptr<const Row>> rows;  // by gid
    uint64_t last_id = 0;
    MemoryOutbox::State outbox;
  };

  // The content as after the last Commit.
  State Snapshot() const;
  // Puts a content back as a new process would find it: nobody holds anything.
  void Restore(State state);

  // Where the messages of commits wait. Lives as long as the store.
  MemoryOutbox& outbox() { return outbox_; }

  // port::TransactionStore
  std::vector<port::WriteResult> Commit(const std::vector<port::Write>& batch) override;
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override;
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                size_t limit) override;
  port::Holding Claim(const std::string& gid) override;
  void Release(const std::string& gid) override;
  absl::StatusOr<base::Time> NextDue() override;
  absl::Status Ping() override;
  std::string Name() const override { return "memory"; }

  // port::TransactionQuery
  absl::StatusOr<port::StoredTransaction> Find(const std::string& gid) override;
  absl::StatusOr<std::vector<port::StoredTransaction>> List(
      const port::ListFilter& filter) override;
  absl::StatusOr<std::vector<core::HistoryEntry>> History(const std::string& gid) override;
  absl::StatusOr<port::StoreCounts> Count() override;
  uint64_t QueryCount() const override;

  // port::DeadLetterQuery
  absl::StatusOr<std::vector<port::DeadLetter>> ListDead(const core::Filter& filter, base::Time now,
                                                         uint64_t after, size_t limit) override;
  absl::StatusOr<std::vector<port::DeadLetterGroup>> GroupDead(const core::Filter& filter,
                                                               base::Time now) override;
  absl::StatusOr<std::vector<port::DeadLetterCount>> CountDead() override;

  // port::Retention
  absl::StatusOr<port::Forgotten> DeleteFinished(base::Time before, size_t limit) override;

 private:
  using Wake = std::pair<base::Time, uint64_t>;  // next_wake, id

  port::WriteResult Insert(const port::Write& write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  port::WriteResult Update(const port::Write& write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Put(std::shared_ptr<const Row> row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Row* At(const std::string& gid) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps free_ right for a row that is about to change or has just changed.
  void RemoveFree(const Row& row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddFree(const Row& row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Calls `take(transaction, row, position)` for each dead letter, oldest transaction first.
  template <typename Take>
  void ForEachDead(const Take& take) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  MemoryOutbox outbox_;  // has a lock of its own, taken after mutex_
  // Its outbox is empty: that is in outbox_.
  State state_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, std::string> gids_ ABSL_GUARDED_BY(mutex_);
  std::set<uint64_t> held_ ABSL_GUARDED_BY(mutex_);
  // Open transactions that nobody holds and that are due some time.
  std::set<Wake> free_ ABSL_GUARDED_BY(mutex_);
  uint64_t queries_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t looked_to_ ABSL_GUARDED_BY(mutex_) = 0;  // by DeleteFinished: the last id
};

}  // namespace saga::adapter
