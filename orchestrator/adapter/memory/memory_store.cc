#include "orchestrator/adapter/memory/memory_store.h"

#include <algorithm>
#include <utility>

#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"

namespace saga::adapter {
namespace {

using port::Write;
using port::WriteResult;

bool Matches(const port::ListFilter& filter, const MemoryStore::Row& row) {
  const core::GlobalTransaction& transaction = row.transaction;
  const auto contains = [](const auto& values, auto value) {
    return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
  };
  return contains(filter.statuses, transaction.status) &&
         contains(filter.modes, transaction.mode) &&
         transaction.gid.starts_with(filter.gid_prefix) &&
         (!filter.created_from.IsSet() || transaction.create_time >= filter.created_from) &&
         (!filter.created_to.IsSet() || transaction.create_time <= filter.created_to) &&
         (!filter.wakes_after.IsSet() ||
          (!core::IsFinal(transaction.status) && row.next_wake != base::kNever &&
           row.next_wake > filter.wakes_after)) &&
         core::Matches(filter.filter, transaction, filter.now);
}

void Append(const Write& write, std::vector<core::HistoryEntry>* history) {
  if (write.history == nullptr) return;
  history->insert(history->end(), write.history->begin(), write.history->end());
  if (history->size() > core::kMaxHistory) {
    history->erase(history->begin(), history->end() - static_cast<ptrdiff_t>(core::kMaxHistory));
  }
}

}  // namespace

MemoryStore::State MemoryStore::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  State state = state_;
  state.outbox = outbox_.Snapshot();
  return state;
}

void MemoryStore::Restore(State state) {
  absl::MutexLock lock(&mutex_);
  outbox_.Restore(std::exchange(state.outbox, {}));
  state_ = std::move(state);
  gids_.clear();
  held_.clear();
  free_.clear();
  for (const auto& [gid, row] : state_.rows) {
    gids_[row->id] = gid;
    AddFree(*row);
  }
}

std::vector<WriteResult> MemoryStore::Commit(const std::vector<Write>& batch) {
  absl::MutexLock lock(&mutex_);
  std::vector<WriteResult> results;
  results.reserve(batch.size());
  for (const Write& write : batch) {
    switch (write.kind) {
      case Write::Kind::kInsert:
        results.push_back(Insert(write));
        break;
      case Write::Kind::kUpdate:
        results.push_back(Update(write));
        break;
    }
    if (write.outbox != nullptr && results.back().kind == WriteResult::Kind::kDone)
      outbox_.Add(*write.outbox, write.transaction->update_time);
  }
  return results;
}

WriteResult MemoryStore::Insert(const Write& write) {
  WriteResult result;
  if (const Row* const existing = At(write.transaction->gid); existing != nullptr) {
    queries_ += 1;
    result.kind = WriteResult::Kind::kAlreadyThere;
    result.existing = existing->transaction;
    return result;
  }
  auto row = std::make_shared<Row>();
  row->id = ++state_.last_id;
  row->transaction = *write.transaction;
  row->next_wake = write.next_wake;
  Append(write, &row->history);
  gids_[row->id] = row->transaction.gid;
  if (!core::IsFinal(row->transaction.status)) held_.insert(row->id);
  Put(std::move(row));
  return result;
}

WriteResult MemoryStore::Update(const Write& write) {
  WriteResult result;
  const core::GlobalTransaction& wanted = *write.transaction;
  const Row* const stored = At(wanted.gid);
  if (stored == nullptr || stored->transaction.version + 1 != wanted.version) {
    result.kind = WriteResult::Kind::kConflict;
    return result;
  }
  auto row = std::make_shared<Row>();
  row->id = stored->id;
  row->next_wake = write.next_wake;
  row->history = stored->history;
  Append(write, &row->history);
  // As a store with rows does it: what is not told to have changed stays as it was stored.
  std::vector<core::Branch> branches = stored->transaction.branches;
  row->transaction = wanted;
  if (write.changed_rows != nullptr) {
    for (const uint32_t changed : *write.changed_rows) {
      SAGA_CHECK(changed < wanted.branches.size() && changed <= branches.size());
      if (changed == branches.size()) {
        branches.push_back(wanted.branches[changed]);
      } else {
        base::Bytes payload = branches[changed].payload;
        branches[changed] = wanted.branches[changed];
        if (!write.payloads_changed) branches[changed].payload = std::move(payload);
      }
    }
  }
  row->transaction.branches = std::move(branches);
  RemoveFree(*stored);
  if (core::IsFinal(wanted.status)) held_.erase(row->id);
  Put(std::move(row));
  return result;
}

void MemoryStore::Put(std::shared_ptr<const Row> row) {
  AddFree(*row);
  state_.rows[row->transaction.gid] = std::move(row);
}

const MemoryStore::Row* MemoryStore::At(const std::string& gid) const {
  const auto found = state_.rows.find(gid);
  return found == state_.rows.end() ? nullptr : found->second.get();
}

void MemoryStore::RemoveFree(const Row& row) { free_.erase({row.next_wake, row.id}); }

void MemoryStore::AddFree(const Row& row) {
  if (core::IsFinal(row.transaction.status) || row.next_wake == base::kNever ||
      held_.contains(row.id))
    return;
  free_.insert({row.next_wake, row.id});
}

absl::StatusOr<core::GlobalTransaction> MemoryStore::Load(const std::string& gid) {
  absl::MutexLock lock(&mutex_);
  queries_ += 1;
  const Row* const row = At(gid);
  if (row == nullptr) return absl::NotFoundError("no such global transaction");
  return row->transaction;
}

absl::StatusOr<std::vector<core::GlobalTransaction>> MemoryStore::ClaimDue(base::Time now,
                                                                           size_t limit) {
  absl::MutexLock lock(&mutex_);
  std::vector<core::GlobalTransaction> claimed;
  if (free_.empty() || free_.begin()->first > now) return claimed;
  queries_ += 1;
  while (claimed.size() < limit && !free_.empty() && free_.begin()->first <= now) {
    const uint64_t id = free_.begin()->second;
    free_.erase(free_.begin());
    held_.insert(id);
    claimed.push_back(state_.rows[gids_[id]]->transaction);
  }
  return claimed;
}

port::Holding MemoryStore::Claim(const std::string& gid) {
  absl::MutexLock lock(&mutex_);
  const Row* const row = At(gid);
  if (row == nullptr || core::IsFinal(row->transaction.status)) return {};
  RemoveFree(*row);
  held_.insert(row->id);
  return {.kind = port::Holding::Kind::kOurs};
}

void MemoryStore::Release(const std::string& gid) {
  absl::MutexLock lock(&mutex_);
  const Row* const row = At(gid);
  if (row == nullptr) return;
  held_.erase(row->id);
  AddFree(*row);
}

absl::StatusOr<base::Time> MemoryStore::NextDue() {
  absl::MutexLock lock(&mutex_);
  return free_.empty() ? base::kNever : free_.begin()->first;
}

absl::Status MemoryStore::Ping() { return absl::OkStatus(); }

absl::StatusOr<port::StoredTransaction> MemoryStore::Find(const std::string& gid) {
  absl::MutexLock lock(&mutex_);
  queries_ += 1;
  const Row* const row = At(gid);
  if (row == nullptr) return absl::NotFoundError("no such global transaction");
  return port::StoredTransaction{
      .id = row->id, .transaction = row->transaction, .next_wake = row->next_wake};
}

absl::StatusOr<std::vector<port::StoredTransaction>> MemoryStore::List(
    const port::ListFilter& filter) {
  absl::MutexLock lock(&mutex_);
  queries_ += 1;
  std::vector<port::StoredTransaction> found;
  auto entry = filter.before_id == 0 ? gids_.end() : gids_.lower_bound(filter.before_id);
  while (entry != gids_.begin() && found.size() < filter.limit) {
    --entry;
    const Row& row = *state_.rows[entry->second];
    if (!Matches(filter, row)) continue;
    found.push_back({.id = row.id, .transaction = row.transaction, .next_wake = row.next_wake});
    found.back().transaction.branches.clear();
  }
  return found;
}

absl::StatusOr<std::vector<core::HistoryEntry>> MemoryStore::History(const std::string& gid) {
  absl::MutexLock lock(&mutex_);
  queries_ += 1;
  const Row* const row = At(gid);
  return row == nullptr ? std::vector<core::HistoryEntry>{} : row->history;
}

absl::StatusOr<port::StoreCounts> MemoryStore::Count() {
  absl::MutexLock lock(&mutex_);
  queries_ += 1;
  port::StoreCounts counts;
  for (const auto& [gid, row] : state_.rows) {
    if (core::IsFinal(row->transaction.status)) continue;
    counts.open[row->transaction.status] += 1;
    const base::Time created = row->transaction.create_time;
    if (!counts.oldest_open.IsSet() || created < counts.oldest_open) counts.oldest_open = created;
  }
  return counts;
}

absl::StatusOr<port::Forgotten> MemoryStore::DeleteFinished(base::Time before, size_t limit) {
  absl::MutexLock lock(&mutex_);
  port::Forgotten forgotten;
  auto entry = gids_.upper_bound(looked_to_);
  while (entry != gids_.end() && forgotten.transactions < limit) {
    looked_to_ = entry->first;
    const core::GlobalTransaction& transaction = state_.rows[entry->second]->transaction;
    if (!core::IsFinal(transaction.status) || transaction.finish_time >= before) {
      ++entry;
      continue;
    }
    state_.rows.erase(entry->second);
    entry = gids_.erase(entry);
    ++forgotten.transactions;
  }
  forgotten.complete = entry == gids_.end();
  if (forgotten.complete) looked_to_ = 0;
  return forgotten;
}

uint64_t MemoryStore::QueryCount() const {
  absl::MutexLock lock(&mutex_);
  return queries_;
}

}  // namespace saga::adapter
