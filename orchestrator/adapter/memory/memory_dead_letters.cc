// The dead letters of the memory store: looked for among all open transactions, which are few where
// it is used.

#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/adapter/store_common/dead_letter_groups.h"

namespace saga::adapter {
namespace {

// Positions as large as the rows of the largest transaction need.
constexpr uint64_t kRowsPerTransaction = 4096;

}  // namespace

template <typename Take>
void MemoryStore::ForEachDead(const Take& take) const {
  for (const auto& [id, gid] : gids_) {
    const core::GlobalTransaction& transaction = At(gid)->transaction;
    if (core::IsFinal(transaction.status)) continue;
    for (uint32_t row = 0; row < transaction.branches.size(); ++row) {
      if (transaction.branches[row].dead != core::DeadReason::kNone)
        take(transaction, row, id * kRowsPerTransaction + row);
    }
  }
}

absl::StatusOr<std::vector<port::DeadLetter>> MemoryStore::ListDead(const core::Filter& filter,
                                                                    base::Time now, uint64_t after,
                                                                    size_t limit) {
  absl::MutexLock lock(&mutex_);
  queries_ += 1;
  std::vector<port::DeadLetter> letters;
  ForEachDead([&](const core::GlobalTransaction& transaction, uint32_t row, uint64_t position) {
    if (position <= after || letters.size() == limit ||
        !core::MatchesDeadLetter(filter, transaction, row, now))
      return;
    letters.push_back(
        {.position = position, .transaction = transaction, .branch = transaction.branches[row]});
    letters.back().transaction.branches.clear();
  });
  return letters;
}

absl::StatusOr<std::vector<port::DeadLetterGroup>> MemoryStore::GroupDead(
    const core::Filter& filter, base::Time now) {
  absl::MutexLock lock(&mutex_);
  queries_ += 1;
  DeadLetterGroups groups;
  ForEachDead([&](const core::GlobalTransaction& transaction, uint32_t row, uint64_t) {
    if (!core::MatchesDeadLetter(filter, transaction, row, now)) return;
    const core::Branch& branch = transaction.branches[row];
    groups.Add(branch.target, branch.op, branch.last_error, branch.dead_time);
  });
  return groups.Take();
}

absl::StatusOr<std::vector<port::DeadLetterCount>> MemoryStore::CountDead() {
  absl::MutexLock lock(&mutex_);
  queries_ += 1;
  DeadLetterCounts counts;
  ForEachDead([&](const core::GlobalTransaction& transaction, uint32_t row, uint64_t) {
    const core::Branch& branch = transaction.branches[row];
    counts.Add(branch.target, branch.op, branch.dead_time);
  });
  return counts.Take();
}

}  // namespace saga::adapter
