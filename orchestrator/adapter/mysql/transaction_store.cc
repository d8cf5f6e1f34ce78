#include "orchestrator/adapter/mysql/transaction_store.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/mysql/commit_batch.h"
#include "orchestrator/adapter/mysql/id_block.h"
#include "orchestrator/adapter/mysql/multi_row.h"

namespace saga::adapter::mysql {

namespace {

using port::Holding;
using port::Write;
using port::WriteResult;
using saga::mysql::Connection;
using saga::mysql::Statement;

constexpr char kOpenStatuses[] = "('prepared', 'submitted', 'aborting')";

saga::mysql::Options WithoutAutocommit(saga::mysql::Options options) {
  options.autocommit = false;
  return options;
}

// Keeps the lease while the strand is busy or waits for the database.
class LeaseKeeper {
 public:
  explicit LeaseKeeper(std::shared_ptr<NodeLease> lease)
      : lease_(std::move(lease)), thread_([this] { Run(); }) {}
  ~LeaseKeeper() {
    stop_.Notify();
    thread_.join();
  }

 private:
  void Run() {
    const absl::Duration period = absl::Microseconds(lease_->Period().micros);
    // What goes wrong here is found again, and told, by the next commit.
    while (!stop_.WaitForNotificationWithTimeout(period)) (void)lease_->Keep(true);
  }

  const std::shared_ptr<NodeLease> lease_;
  absl::Notification stop_;
  std::thread thread_;
};

class Store final : public port::TransactionStore {
 public:
  explicit Store(StoreParts parts)
      : parts_(std::move(parts)),
        batch_options_(WithoutAutocommit(parts_.database)),
        reader_(parts_.form),
        transaction_ids_("trans_global"),
        branch_ids_("trans_branch_op") {
    if (parts_.keep_lease) keeper_ = std::make_unique<LeaseKeeper>(parts_.lease);
  }

  std::vector<WriteResult> Commit(const std::vector<Write>& batch) override;
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override;
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                size_t limit) override;
  Holding Claim(const std::string& gid) override;
  void Release(const std::string& gid) override;
  absl::StatusOr<base::Time> NextDue() override;
  base::Time HeldUntil() const override {
    return any_lost_.load() ? base::Time{0} : parts_.lease->HeldUntil();
  }
  std::vector<std::string> TakeLost() override {
    any_lost_ = false;
    return std::exchange(lost_, {});
  }
  void Leave() override;
  absl::Status Ping() override;
  std::string Name() const override { return "mysql"; }

 private:
  // RunOn with the strand's own session.
  template <typename Work>
  absl::Status Run(Work work);
  void CommitAll(const std::vector<Write>& batch, std::vector<WriteResult>* results);
  void CommitAlone(const std::vector<Write>& batch, std::vector<WriteResult>* results);
  void Settle(const std::vector<Write>& batch, const CommitBatch& commit,
              std::vector<WriteResult>* results);
  // This node was declared gone: everybody's writes fail, and it joins again.
  absl::Status Rejoin();
  absl::Status FlushReleases();
  absl::Status Take(const std::vector<int64_t>& ids, std::vector<StoredRecord>* records);
  absl::Status ClaimOne(const std::string& gid, Holding* holding);
  absl::Status TakeFrom(int64_t id, int64_t owner, bool* taken);
  void Hold(const StoredRecord& record);

  const StoreParts parts_;
  const saga::mysql::Options batch_options_;
  const RecordReader reader_;
  Connection session_;
  Connection batches_;  // for Commit, without autocommit
  IdBlock transaction_ids_;
  IdBlock branch_ids_;
  HeldMap held_;
  std::vector<int64_t> released_;  // ids, not given back in the database yet
  std::vector<std::string> lost_;
  std::atomic<bool> any_lost_{false};
  std::string damaged_;  // told by the next ClaimDue
  bool left_ = false;
  std::unique_ptr<LeaseKeeper> keeper_;  // last made, first gone
};

template <typename Work>
absl::Status Store::Run(Work work) {
  const absl::Status status =
      RunOn(session_, parts_.database, [&](Connection&) -> absl::Status { return work(); });
  parts_.pool->Count(session_.TakeStatements());
  return status;
}

std::vector<WriteResult> Store::Commit(const std::vector<Write>& batch) {
  std::vector<WriteResult> results(batch.size());
  if (left_) {
    for (WriteResult& result : results)
      result = {.kind = WriteResult::Kind::kFailed, .error = "this node has left"};
    return results;
  }
  CommitAll(batch, &results);
  return results;
}

void Store::CommitAll(const std::vector<Write>& batch, std::vector<WriteResult>* results) {
  CommitBatch commit({.session = &batches_,
                      .lease = parts_.lease.get(),
                      .reader = &reader_,
                      .transaction_ids = &transaction_ids_,
                      .branch_ids = &branch_ids_,
                      .reserve =
                          [this](IdBlock& block, int64_t count, int64_t above) {
                            return Run([&] { return block.Reserve(session_, count, above); });
                          },
                      .packet = parts_.packet,
                      .before_commit = &parts_.before_commit},
                     batch, held_, results);
  using End = CommitBatch::End;
  End end = End::kFailed;
  const absl::Status status = RunOn(batches_, batch_options_, [&](Connection&) -> absl::Status {
    absl::Status failure;
    end = commit.Try(&failure);
    if (end == End::kAgain) return absl::AbortedError(failure.message());
    // Not to be tried again: what is unknown is looked up, who is gone joins first.
    if (end == End::kUnknown || end == End::kGone) {
      batches_.Close();
      return absl::OkStatus();
    }
    return failure;
  });
  parts_.pool->Count(batches_.TakeStatements());
  if (end == End::kGone) {
    const absl::Status joined = Rejoin();
    for (size_t i = 0; i < batch.size(); ++i) {
      WriteResult& result = (*results)[i];
      if (result.kind != WriteResult::Kind::kDone) continue;
      const bool insert = batch[i].kind == Write::Kind::kInsert;
      result.kind = insert ? WriteResult::Kind::kFailed : WriteResult::Kind::kConflict;
      result.error =
          joined.ok() ? "this node had lost its lease: try again" : std::string(joined.message());
    }
    return;
  }
  if (end == End::kDone && status.ok()) {
    Settle(batch, commit, results);
    return;
  }
  const bool one_is_bad = absl::IsInvalidArgument(status) || absl::IsDataLoss(status) ||
                          absl::IsAlreadyExists(status) || absl::IsInternal(status);
  if (end == End::kFailed && one_is_bad && batch.size() > 1) {
    CommitAlone(batch, results);
    return;
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    WriteResult& result = (*results)[i];
    if (result.kind != WriteResult::Kind::kDone) continue;
    result.kind = end == End::kUnknown ? WriteResult::Kind::kUnknown : WriteResult::Kind::kFailed;
    result.error = end == End::kUnknown
                       ? "the connection broke during the commit: whether it happened is not known"
                       : std::string(status.message());
    held_.erase(batch[i].transaction->gid);
  }
}

// A write that the database refuses does not take the others of its batch along.
void Store::CommitAlone(const std::vector<Write>& batch, std::vector<WriteResult>* results) {
  for (size_t i = 0; i < batch.size(); ++i) {
    if ((*results)[i].kind != WriteResult::Kind::kDone) continue;
    std::vector<WriteResult> alone(1);
    CommitAll({batch[i]}, &alone);
    (*results)[i] = std::move(alone[0]);
  }
}

void Store::Settle(const std::vector<Write>& batch, const CommitBatch& commit,
                   std::vector<WriteResult>* results) {
  for (size_t i = 0; i < batch.size(); ++i) {
    const std::string& gid = batch[i].transaction->gid;
    const bool done = (*results)[i].kind == WriteResult::Kind::kDone;
    if (done && commit.Remembered(i).has_value()) {
      held_[gid] = *commit.Remembered(i);
    } else if (done || (*results)[i].kind == WriteResult::Kind::kConflict) {
      held_.erase(gid);
    }
  }
}

absl::Status Store::Rejoin() {
  const int64_t old = parts_.lease->id();
  // From before the new lease begins: what is held under it is not known yet.
  any_lost_ = true;
  if (absl::Status joined = parts_.lease->Join(); !joined.ok()) return joined;
  // What nobody took yet stays with this process.
  absl::flat_hash_set<int64_t> kept;
  const absl::Status status = Run([&]() -> absl::Status {
    kept.clear();
    if (absl::Status begun = session_.Run("BEGIN"); !begun.ok()) return begun;
    const auto move =
        session_.Prepared("UPDATE sagad_transaction SET owner = ? WHERE owner = ? ORDER BY id");
    if (!move.ok()) return move.status();
    if (absl::Status run = (*move)->Bind(parts_.lease->id()).Bind(old).Run(); !run.ok()) return run;
    const auto mine = session_.Prepared("SELECT id FROM sagad_transaction WHERE owner = ?");
    if (!mine.ok()) return mine.status();
    if (absl::Status run = (*mine)->Bind(parts_.lease->id()).Run(); !run.ok()) return run;
    while ((*mine)->Next()) kept.insert((*mine)->Number(0));
    return session_.Run("COMMIT");
  });
  // Whatever became of that: only what is surely ours counts.
  if (!status.ok()) kept.clear();
  for (auto it = held_.begin(); it != held_.end();) {
    if (kept.contains(it->second.id)) {
      ++it;
      continue;
    }
    lost_.push_back(it->first);
    held_.erase(it++);
  }
  any_lost_ = !lost_.empty();
  released_.clear();
  return absl::OkStatus();
}

absl::StatusOr<core::GlobalTransaction> Store::Load(const std::string& gid) {
  absl::StatusOr<StoredRecord> record = absl::UnknownError("");
  const absl::Status status = Run([&]() -> absl::Status {
    record = reader_.ByGid(session_, gid);
    return absl::IsNotFound(record.status()) ? absl::OkStatus() : record.status();
  });
  if (!status.ok()) return status;
  if (!record.ok()) return record.status();
  return std::move(record->transaction);
}

void Store::Hold(const StoredRecord& record) {
  held_[record.transaction.gid] = {.id = record.id, .branch_ids = record.branch_ids};
}

absl::Status Store::FlushReleases() {
  if (released_.empty()) return absl::OkStatus();
  const absl::Status status = Run([&] {
    return ReadRows(
        session_,
        "UPDATE sagad_transaction SET owner = 0, free_wake = next_wake WHERE owner = ? AND id IN ",
        "", released_.size(),
        [&](Statement& statement, size_t i) {
          if (statement.Bound() == 0) statement.Bind(parts_.lease->id());
          statement.Bind(released_[i]);
        },
        [](const Statement&) {});
  });
  if (status.ok()) released_.clear();
  return status;
}

void Store::Release(const std::string& gid) {
  const auto found = held_.find(gid);
  if (found == held_.end()) return;
  // Given back with the next look at the database, many at once.
  released_.push_back(found->second.id);
  held_.erase(found);
}

absl::Status Store::Take(const std::vector<int64_t>& ids, std::vector<StoredRecord>* records) {
  if (absl::Status begun = session_.Run("BEGIN"); !begun.ok()) return begun;
  const absl::StatusOr<bool> alive = parts_.lease->Renew(session_);
  if (!alive.ok()) return alive.status();
  if (!*alive) return NodeLease::RunOut();
  const int64_t self = parts_.lease->id();
  absl::Status status = ReadRows(
      session_,
      "UPDATE sagad_transaction SET owner = ?, free_wake = NULL WHERE owner = 0 AND id IN ", "",
      ids.size(),
      [&](Statement& statement, size_t i) {
        if (statement.Bound() == 0) statement.Bind(self);
        statement.Bind(ids[i]);
      },
      [](const Statement&) {});
  std::vector<int64_t> mine;
  if (status.ok()) {
    status = ReadRows(
        session_, "SELECT id, owner FROM sagad_transaction WHERE id IN ", "", ids.size(),
        [&](Statement& statement, size_t i) { statement.Bind(ids[i]); },
        [&](const Statement& row) {
          if (!row.IsNull(1) && row.Number(1) == self) mine.push_back(row.Number(0));
        });
  }
  if (status.ok()) status = session_.Run("COMMIT");
  if (!status.ok()) return status;
  std::vector<int64_t> damaged;
  absl::StatusOr<std::vector<StoredRecord>> read = reader_.ByIds(session_, mine, &damaged);
  if (!read.ok()) return read.status();
  if (!damaged.empty()) {
    damaged_ = absl::StrCat("transaction ", damaged.front(), " of trans_global, and ",
                            damaged.size() - 1, " more, cannot be read: run sagad verify");
  }
  *records = *std::move(read);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<core::GlobalTransaction>> Store::ClaimDue(base::Time now, size_t limit) {
  if (!damaged_.empty()) return absl::DataLossError(std::exchange(damaged_, ""));
  std::vector<core::GlobalTransaction> claimed;
  if (left_) return claimed;
  if (absl::Status flushed = FlushReleases(); !flushed.ok()) return flushed;
  if (absl::Status kept = parts_.lease->Keep(!parts_.keep_lease); absl::IsCancelled(kept)) {
    if (absl::Status joined = Rejoin(); !joined.ok()) return joined;
  } else if (!kept.ok()) {
    return kept;
  }
  std::vector<int64_t> due;
  absl::Status status = Run([&]() -> absl::Status {
    due.clear();
    const auto select = session_.Prepared(
        "SELECT id FROM sagad_transaction WHERE owner = 0 AND free_wake <= ? "
        "ORDER BY free_wake, id LIMIT ?");
    if (!select.ok()) return select.status();
    (*select)->Bind(now.micros).Bind(static_cast<int64_t>(limit));
    if (absl::Status run = (*select)->Run(); !run.ok()) return run;
    while ((*select)->Next()) due.push_back((*select)->Number(0));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (due.empty()) return claimed;
  std::vector<StoredRecord> records;
  status = Run([&] { return Take(due, &records); });
  if (absl::IsCancelled(status)) return claimed;  // found again, and settled, by Keep
  if (!status.ok()) return status;
  absl::flat_hash_map<int64_t, size_t> turn;
  for (const int64_t id : due) turn.emplace(id, turn.size());
  std::sort(records.begin(), records.end(),
            [&](const StoredRecord& a, const StoredRecord& b) { return turn[a.id] < turn[b.id]; });
  for (StoredRecord& record : records) {
    if (core::IsFinal(record.transaction.status)) {
      (void)TakeFrom(record.id, parts_.lease->id(), nullptr);
      continue;
    }
    Hold(record);
    claimed.push_back(std::move(record.transaction));
  }
  return claimed;
}

// With `taken` null: it has ended, by DTM's hand; nobody holds it any more.
absl::Status Store::TakeFrom(int64_t id, int64_t owner, bool* taken) {
  return Run([&]() -> absl::Status {
    if (absl::Status begun = session_.Run("BEGIN"); !begun.ok()) return begun;
    const absl::StatusOr<bool> alive = parts_.lease->Renew(session_);
    if (!alive.ok()) return alive.status();
    if (!*alive) return NodeLease::RunOut();
    const auto update = session_.Prepared(
        "UPDATE sagad_transaction SET owner = ?, free_wake = NULL WHERE id = ? AND owner = ?");
    if (!update.ok()) return update.status();
    if (taken == nullptr) {
      (*update)->BindNull();
    } else {
      (*update)->Bind(parts_.lease->id());
    }
    if (absl::Status run = (*update)->Bind(id).Bind(owner).Run(); !run.ok()) return run;
    if (taken != nullptr) *taken = (*update)->Affected() == 1;
    return session_.Run("COMMIT");
  });
}

Holding Store::Claim(const std::string& gid) {
  if (held_.contains(gid)) return {.kind = Holding::Kind::kOurs};
  Holding holding;
  if (left_ || !FlushReleases().ok() || !ClaimOne(gid, &holding).ok()) return {};
  return holding;
}

absl::Status Store::ClaimOne(const std::string& gid, Holding* holding) {
  // Between two looks another node may have taken it, or lost it.
  for (int tries = 0; tries < kMaxTries; ++tries) {
    absl::StatusOr<StoredRecord> record = absl::UnknownError("");
    absl::Status status = Run([&] { return (record = reader_.ByGid(session_, gid)).status(); });
    if (!status.ok()) return status;
    if (core::IsFinal(record->transaction.status)) return absl::OkStatus();
    if (!record->adopted) {
      const absl::StatusOr<uint64_t> adopted = AdoptOpen(*parts_.pool);
      if (!adopted.ok()) return adopted.status();
      continue;
    }
    const int64_t owner = record->owner.value_or(0);
    bool free = owner == 0;
    if (owner != 0 && owner != parts_.lease->id()) {
      const absl::StatusOr<bool> gone = parts_.lease->IsGone(owner, &holding->address);
      if (!gone.ok()) return gone.status();
      free = *gone;
      holding->kind = Holding::Kind::kElsewhere;
      if (!free) return absl::OkStatus();
    }
    bool mine = owner == parts_.lease->id();
    if (free) status = TakeFrom(record->id, owner, &mine);
    if (!status.ok()) return status;
    if (!mine) continue;
    Hold(*record);
    *holding = {.kind = Holding::Kind::kOurs};
    return absl::OkStatus();
  }
  return absl::UnavailableError("the transaction changes hands too often");
}

absl::StatusOr<base::Time> Store::NextDue() {
  if (left_) return base::kNever;
  if (absl::Status flushed = FlushReleases(); !flushed.ok()) return flushed;
  const absl::Status kept = parts_.lease->Keep(!parts_.keep_lease);
  if (!kept.ok() && !absl::IsCancelled(kept)) return kept;
  base::Time next = base::kNever;
  const absl::Status status = Run([&]() -> absl::Status {
    const auto first = session_.Prepared(
        "SELECT MIN(free_wake) FROM sagad_transaction WHERE owner = 0 AND free_wake IS NOT NULL");
    if (!first.ok()) return first.status();
    if (absl::Status run = (*first)->Run(); !run.ok()) return run;
    while ((*first)->Next()) {
      if (!(*first)->IsNull(0)) next = base::Time{(*first)->Number(0)};
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return std::min(next, NodeLease::Now() + parts_.lease->Period());
}

void Store::Leave() {
  if (std::exchange(left_, true)) return;
  keeper_.reset();
  (void)FlushReleases();
  parts_.lease->Leave();
  held_.clear();
}

absl::Status Store::Ping() {
  return parts_.pool->With([](Connection& session) { return session.Run("SELECT 1"); });
}

}  // namespace

std::unique_ptr<port::TransactionStore> MakeTransactionStore(StoreParts parts) {
  return std::make_unique<Store>(std::move(parts));
}

absl::StatusOr<uint64_t> AdoptOpen(SessionPool& pool) {
  uint64_t adopted = 0;
  const absl::Status status = pool.With([&](Connection& session) -> absl::Status {
    const auto insert = session.Prepared(absl::StrCat(
        "INSERT IGNORE INTO sagad_transaction (id, owner, free_wake, next_wake, version, detail) "
        "SELECT g.id, 0, 0, 0, 1, '' FROM trans_global AS g LEFT JOIN sagad_transaction AS s ON "
        "s.id = g.id WHERE g.status IN ",
        kOpenStatuses, " AND s.id IS NULL"));
    if (!insert.ok()) return insert.status();
    const absl::Status run = (*insert)->Run();
    adopted = (*insert)->Affected();
    return run;
  });
  if (!status.ok()) return status;
  return adopted;
}

}  // namespace saga::adapter::mysql
