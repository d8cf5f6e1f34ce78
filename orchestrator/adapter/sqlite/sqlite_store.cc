#include "orchestrator/adapter/sqlite/sqlite_store.h"

#include <atomic>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/sqlite/branch_rows.h"
#include "orchestrator/adapter/sqlite/claims.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/outbox_rows.h"
#include "orchestrator/adapter/sqlite/owner_lock.h"
#include "orchestrator/adapter/sqlite/record.h"
#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/sqlite/sqlite_dead_letters.h"
#include "orchestrator/adapter/sqlite/sqlite_jobs.h"
#include "orchestrator/adapter/sqlite/sqlite_kv.h"
#include "orchestrator/adapter/sqlite/sqlite_outbox.h"
#include "orchestrator/adapter/sqlite/sqlite_query.h"
#include "orchestrator/adapter/sqlite/sqlite_retention.h"
#include "orchestrator/adapter/sqlite/write_turn.h"
#include "orchestrator/adapter/sqlite/writer.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"

namespace saga::adapter {
namespace {

using port::Write;
using port::WriteResult;
using sqlite::FailureOf;

// The smallest write there is. It has to change something: SQLite does not write a row that stays
// as it was.
constexpr char kProbe[] = "UPDATE meta SET value = value + 1 WHERE name = 'disk_probes'";

class Store final : public port::TransactionStore {
 public:
  Store(std::string path, const SqliteOptions& options, std::unique_ptr<sqlite::OwnerLock> lock)
      : path_(std::move(path)),
        options_(options),
        lock_(std::move(lock)),
        queries_(std::make_shared<std::atomic<uint64_t>>(0)),
        turn_(std::make_shared<sqlite::WriteTurn>()) {}

  absl::Status Open();
  std::shared_ptr<std::atomic<uint64_t>> queries() const { return queries_; }
  std::shared_ptr<sqlite::WriteTurn> turn() const { return turn_; }

  std::vector<WriteResult> Commit(const std::vector<Write>& batch) override;
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override;
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                size_t limit) override;
  port::Holding Claim(const std::string& gid) override;
  void Release(const std::string& gid) override { claims_.Release(gid); }
  absl::StatusOr<base::Time> NextDue() override { return claims_.NextDue(); }
  absl::Status Ping() override;
  std::string Name() const override { return "sqlite"; }

 private:
  // What a write leaves behind in memory once it is committed.
  struct Applied {
    int64_t id = 0;
    int64_t next_history = sqlite::kUnknownHistory;
  };
  enum class Undone : uint8_t { kSurely, kPerhaps };

  int PrepareStatements();
  // All of a Commit but the note of how the disk is, for which nobody has to queue up.
  std::vector<WriteResult> CommitInTurn(const std::vector<Write>& batch, absl::Status* health);
  // The statements of one write. SQLITE_OK with `*result` set, or an error code.
  int Apply(const Write& write, WriteResult* result, Applied* applied);
  int ApplyInsert(const Write& write, WriteResult* result, Applied* applied);
  int ApplyUpdate(const Write& write, WriteResult* result, Applied* applied);
  int FindRow(const std::string& gid, Applied* applied);
  int UpdateRows(const Write& write, int64_t id);
  int AddHistory(const Write& write, Applied* applied);
  int AddMessages(const Write& write);
  // Runs the statements of all writes that have not failed yet. On an error *bad is the write it
  // lies in; batch.size(): it lies in the store.
  int ApplyBatch(const std::vector<Write>& batch, std::vector<WriteResult>* results, size_t* bad);
  int Finish(const std::vector<WriteResult>& results);
  Undone Undo(int code);
  void Settle(const Write& write, const WriteResult& result, const Applied& applied);
  void NoteHealth(const absl::Status& status);

  const std::string path_;
  const SqliteOptions options_;
  const std::unique_ptr<sqlite::OwnerLock> lock_;
  const std::shared_ptr<std::atomic<uint64_t>> queries_;
  const std::shared_ptr<sqlite::WriteTurn> turn_;
  sqlite::Connection connection_;
  sqlite::RecordReader reader_;
  sqlite::Claims claims_;
  sqlite::Statement begin_, commit_, rollback_;
  sqlite::Statement insert_transaction_, update_transaction_;
  sqlite::BranchWriter branches_;
  sqlite::OutboxWriter outbox_;
  sqlite::Statement insert_history_, trim_history_, next_history_, find_id_;
  std::vector<Applied> applied_;

  absl::Mutex health_mutex_;
  absl::Status health_ ABSL_GUARDED_BY(health_mutex_);
};

absl::Status Store::Open() {
  int code = connection_.Open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, options_.vfs);
  if (code != SQLITE_OK) return FailureOf(code, path_, connection_);
  if (sqlite3_db_readonly(connection_.get(), "main") == 1)
    return FailureOf(SQLITE_READONLY, path_, connection_);
  sqlite3_busy_timeout(connection_.get(), sqlite::kBusyMillis);
  if (absl::Status status = PrepareSchema(connection_, path_, sqlite::Migrations()); !status.ok())
    return status;
  const std::string pragmas =
      absl::StrCat("PRAGMA journal_mode = WAL; ", sqlite::WriterPragmas(options_),
                   "; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -", options_.cache_kib);
  code = connection_.Exec(pragmas.c_str());
  if (code == SQLITE_OK) code = PrepareStatements();
  if (code != SQLITE_OK) return FailureOf(code, path_, connection_);
  std::string journal;
  code = connection_.ReadText("PRAGMA journal_mode", &journal);
  if (code != SQLITE_OK) return FailureOf(code, path_, connection_);
  if (journal != "wal") {
    return absl::FailedPreconditionError(absl::StrCat(
        path_, " cannot use a write-ahead log here. Choose a --data-dir on a local disk."));
  }
  return absl::OkStatus();
}

int Store::PrepareStatements() {
  const std::pair<sqlite::Statement*, const char*> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&insert_transaction_, sqlite::kInsertTransaction},
      {&update_transaction_, sqlite::kUpdateTransaction},
      {&insert_history_, sqlite::kInsertHistory},
      {&trim_history_, "DELETE FROM history WHERE transaction_id = ?1 AND number < ?2"},
      {&next_history_, "SELECT max(number) + 1 FROM history WHERE transaction_id = ?1"},
      {&find_id_, "SELECT id FROM global_transaction WHERE gid = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    if (const int code = statement->Prepare(connection_, sql); code != SQLITE_OK) return code;
  }
  int code = branches_.Prepare(connection_);
  if (code == SQLITE_OK) code = outbox_.Prepare(connection_);
  if (code == SQLITE_OK) code = reader_.Prepare(&connection_, path_, queries_);
  return code == SQLITE_OK ? claims_.Prepare(&connection_, path_, queries_) : code;
}

std::vector<WriteResult> Store::Commit(const std::vector<Write>& batch) {
  absl::Status health;
  std::vector<WriteResult> results = CommitInTurn(batch, &health);
  NoteHealth(health);
  return results;
}

std::vector<WriteResult> Store::CommitInTurn(const std::vector<Write>& batch,
                                             absl::Status* health) {
  const sqlite::WriteTurn::Holder turn(turn_.get());
  std::vector<WriteResult> results(batch.size());
  applied_.assign(batch.size(), {});
  int code = SQLITE_OK;
  // Usually once. A write that cannot be done is taken out and the others run again without it.
  for (;;) {
    size_t bad = batch.size();
    code = ApplyBatch(batch, &results, &bad);
    if (code == SQLITE_OK || bad == batch.size()) break;
    results[bad].kind = WriteResult::Kind::kFailed;
    results[bad].error = std::string(FailureOf(code, path_, connection_).message());
    if (connection_.InTransaction()) rollback_.Run();
  }
  Undone undone = Undone::kSurely;
  absl::Status status;
  if (code == SQLITE_OK) {
    code = Finish(results);
    if (code != SQLITE_OK) {
      status = FailureOf(code, path_, connection_);
      undone = Undo(code);
    }
  } else {
    status = FailureOf(code, path_, connection_);
    if (connection_.InTransaction()) rollback_.Run();
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    if (!status.ok() && results[i].kind == WriteResult::Kind::kDone) {
      results[i].kind =
          undone == Undone::kSurely ? WriteResult::Kind::kFailed : WriteResult::Kind::kUnknown;
      results[i].error = std::string(status.message());
    }
    Settle(batch[i], results[i], applied_[i]);
  }
  *health = status;
  return results;
}

int Store::ApplyBatch(const std::vector<Write>& batch, std::vector<WriteResult>* results,
                      size_t* bad) {
  if (const int code = begin_.Run(); code != SQLITE_OK) return code;
  for (size_t i = 0; i < batch.size(); ++i) {
    WriteResult& result = (*results)[i];
    if (result.kind == WriteResult::Kind::kFailed) continue;
    result = {};
    const int code = Apply(batch[i], &result, &applied_[i]);
    if (code == SQLITE_OK) continue;
    if (sqlite::ConcernsOneWrite(code)) *bad = i;
    return code;
  }
  return SQLITE_OK;
}

int Store::Apply(const Write& write, WriteResult* result, Applied* applied) {
  SAGA_CHECK(write.transaction->branches.size() <=
             static_cast<size_t>(sqlite::kRowsPerTransaction));
  switch (write.kind) {
    case Write::Kind::kInsert:
      return ApplyInsert(write, result, applied);
    case Write::Kind::kUpdate:
      return ApplyUpdate(write, result, applied);
  }
  return SQLITE_MISUSE;
}

int Store::ApplyInsert(const Write& write, WriteResult* result, Applied* applied) {
  const core::GlobalTransaction& transaction = *write.transaction;
  sqlite::RecordText text;
  sqlite::BindTransaction(insert_transaction_, transaction, write.next_wake, &text);
  int code = insert_transaction_.Run();
  if (code != SQLITE_OK) return code;
  if (sqlite3_changes64(connection_.get()) == 0) {
    absl::StatusOr<sqlite::Record> existing = reader_.ByGid(transaction.gid);
    if (existing.ok()) {
      result->kind = WriteResult::Kind::kAlreadyThere;
      result->existing = std::move(existing->transaction);
    } else {
      result->kind = WriteResult::Kind::kFailed;
      result->error = std::string(existing.status().message());
    }
    return SQLITE_OK;
  }
  applied->id = sqlite3_last_insert_rowid(connection_.get());
  applied->next_history = 0;
  for (uint32_t row = 0; row < transaction.branches.size(); ++row) {
    bool inserted = false;
    code = branches_.Insert(transaction, row, applied->id, &inserted);
    if (code != SQLITE_OK) return code;
  }
  code = AddHistory(write, applied);
  return code == SQLITE_OK ? AddMessages(write) : code;
}

int Store::ApplyUpdate(const Write& write, WriteResult* result, Applied* applied) {
  int code = FindRow(write.transaction->gid, applied);
  if (code == SQLITE_DONE) {
    result->kind = WriteResult::Kind::kConflict;
    return SQLITE_OK;
  }
  if (code != SQLITE_OK) return code;
  sqlite::RecordText text;
  sqlite::BindTransactionUpdate(update_transaction_, *write.transaction, write.next_wake,
                                applied->id, &text);
  code = update_transaction_.Run();
  if (code != SQLITE_OK) return code;
  if (sqlite3_changes64(connection_.get()) == 0) {
    result->kind = WriteResult::Kind::kConflict;
    return SQLITE_OK;
  }
  code = UpdateRows(write, applied->id);
  if (code == SQLITE_OK) code = AddHistory(write, applied);
  return code == SQLITE_OK ? AddMessages(write) : code;
}

int Store::FindRow(const std::string& gid, Applied* applied) {
  if (const sqlite::Held* const held = claims_.Find(gid); held != nullptr) {
    *applied = {.id = held->id, .next_history = held->next_history};
    return SQLITE_OK;
  }
  ++*queries_;
  const sqlite::StatementScope scope(&find_id_);
  find_id_.BindText(1, gid);
  const int code = find_id_.Step();
  if (code != SQLITE_ROW) return code;
  *applied = {.id = find_id_.Number(0)};
  return SQLITE_OK;
}

int Store::UpdateRows(const Write& write, int64_t id) {
  if (write.changed_rows == nullptr) return SQLITE_OK;
  for (const uint32_t row : *write.changed_rows) {
    SAGA_CHECK(row < write.transaction->branches.size());
    bool inserted = false;
    int code = branches_.Update(*write.transaction, row, id, &inserted);
    if (code == SQLITE_OK && write.payloads_changed && !inserted)
      code = branches_.UpdatePayload(*write.transaction, row, id);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int Store::AddMessages(const Write& write) {
  if (write.outbox == nullptr) return SQLITE_OK;
  for (const base::Message& message : *write.outbox) {
    const int code = outbox_.Insert(message, write.transaction->update_time);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int Store::AddHistory(const Write& write, Applied* applied) {
  if (write.history == nullptr || write.history->empty()) return SQLITE_OK;
  if (applied->next_history == sqlite::kUnknownHistory) {
    ++*queries_;
    const sqlite::StatementScope scope(&next_history_);
    next_history_.Bind(1, applied->id);
    const int code = next_history_.Step();
    if (code != SQLITE_ROW) return code;
    applied->next_history = next_history_.Number(0);
  }
  for (const core::HistoryEntry& entry : *write.history) {
    sqlite::BindHistory(insert_history_, entry, applied->id, applied->next_history++);
    if (const int code = insert_history_.Run(); code != SQLITE_OK) return code;
  }
  const int64_t kept_from = applied->next_history - static_cast<int64_t>(core::kMaxHistory);
  if (kept_from <= 0) return SQLITE_OK;
  trim_history_.Bind(1, applied->id);
  trim_history_.Bind(2, kept_from);
  return trim_history_.Run();
}

int Store::Finish(const std::vector<WriteResult>& results) {
  bool changed = false;
  for (const WriteResult& result : results)
    changed = changed || result.kind == WriteResult::Kind::kDone;
  if (!changed) return rollback_.Run();
  if (options_.before_commit) options_.before_commit();
  return commit_.Run();
}

Store::Undone Store::Undo(int code) {
  if (connection_.InTransaction()) rollback_.Run();
  if (connection_.InTransaction()) return Undone::kPerhaps;
  if ((code & 0xff) != SQLITE_IOERR) return Undone::kSurely;
  // The log may have taken the whole commit before the disk failed to sync it, and a crash now
  // would bring it back to life. The next commit overwrites it there; so there is one, and when it
  // is durable the failed one is gone for good.
  const int next = connection_.Exec(kProbe);
  return next == SQLITE_OK ? Undone::kSurely : Undone::kPerhaps;
}

void Store::Settle(const Write& write, const WriteResult& result, const Applied& applied) {
  const core::GlobalTransaction& transaction = *write.transaction;
  sqlite::Held* const held = claims_.Find(transaction.gid);
  switch (result.kind) {
    case WriteResult::Kind::kDone:
      if (core::IsFinal(transaction.status)) {
        claims_.Forget(transaction.gid);
      } else if (held != nullptr) {
        held->next_wake = write.next_wake;
        held->next_history = applied.next_history;
      } else if (write.kind == Write::Kind::kInsert) {
        claims_.Hold(
            transaction.gid,
            {.id = applied.id, .next_wake = write.next_wake, .next_history = applied.next_history});
      }
      if (held == nullptr && write.kind == Write::Kind::kUpdate)
        claims_.NoteFreeWrite(write.next_wake);
      break;
    case WriteResult::Kind::kUnknown:
      if (held != nullptr) {
        *held = {.id = held->id,
                 .next_wake = base::Time{INT64_MIN},
                 .next_history = sqlite::kUnknownHistory};
      } else if (write.kind == Write::Kind::kInsert) {
        claims_.HoldUnsure(transaction.gid);
      } else {
        claims_.NoteFreeWrite(base::Time{INT64_MIN});
      }
      break;
    case WriteResult::Kind::kAlreadyThere:
    case WriteResult::Kind::kConflict:
    case WriteResult::Kind::kFailed:
      break;
  }
}

absl::StatusOr<core::GlobalTransaction> Store::Load(const std::string& gid) {
  absl::StatusOr<sqlite::Record> record = reader_.ByGid(gid);
  if (!record.ok()) return record.status();
  return std::move(record->transaction);
}

absl::StatusOr<std::vector<core::GlobalTransaction>> Store::ClaimDue(base::Time now, size_t limit) {
  const absl::StatusOr<std::vector<int64_t>> due = claims_.Due(now, limit);
  if (!due.ok()) return due.status();
  std::vector<sqlite::Record> records;
  records.reserve(due->size());
  for (const int64_t id : *due) {
    absl::StatusOr<sqlite::Record> record = reader_.ById(id);
    // One whose columns make no sense is told of once and then left to people; the others must not
    // wait for it.
    if (absl::IsDataLoss(record.status())) claims_.PassOver(id);
    if (!record.ok()) return record.status();
    records.push_back(*std::move(record));
  }
  std::vector<core::GlobalTransaction> claimed;
  claimed.reserve(records.size());
  for (sqlite::Record& record : records) {
    claims_.Hold(
        record.transaction.gid,
        {.id = record.id, .next_wake = record.next_wake, .next_history = sqlite::kUnknownHistory});
    claimed.push_back(std::move(record.transaction));
  }
  return claimed;
}

port::Holding Store::Claim(const std::string& gid) {
  const bool ours = claims_.Find(gid) != nullptr || claims_.HoldOpen(gid);
  return {.kind = ours ? port::Holding::Kind::kOurs : port::Holding::Kind::kNobodys};
}

absl::Status Store::Ping() {
  absl::MutexLock lock(&health_mutex_);
  if (health_.ok()) return absl::OkStatus();
  // The last commit failed. Whether the next one would is found out by a small one, over a
  // connection of its own because this may be any thread.
  sqlite::Connection probe;
  int code = probe.Open(path_, SQLITE_OPEN_READWRITE, options_.vfs);
  if (code == SQLITE_OK) code = sqlite3_busy_timeout(probe.get(), sqlite::kBusyMillis);
  if (code == SQLITE_OK)
    code = probe.Exec("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL");
  if (code == SQLITE_OK) code = probe.Exec(kProbe);
  health_ = code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, path_, probe);
  return health_;
}

void Store::NoteHealth(const absl::Status& status) {
  absl::MutexLock lock(&health_mutex_);
  health_ = status;
}

}  // namespace

absl::StatusOr<SqliteStore> OpenSqliteStore(const std::string& path, const SqliteOptions& options) {
  auto lock = sqlite::OwnerLock::Take(path);
  if (!lock.ok()) return lock.status();
  auto store = std::make_unique<Store>(path, options, *std::move(lock));
  if (absl::Status status = store->Open(); !status.ok()) return status;
  auto query = sqlite::OpenQuery(path, options.vfs, store->queries());
  if (!query.ok()) return query.status();
  auto kv = sqlite::OpenKv(path, options, store->turn(), store->queries());
  if (!kv.ok()) return kv.status();
  auto outbox = sqlite::OpenOutbox(path, options, store->turn(), store->queries());
  if (!outbox.ok()) return outbox.status();
  auto jobs = sqlite::OpenJobs(path, options, store->turn(), store->queries());
  if (!jobs.ok()) return jobs.status();
  auto dead_letters = sqlite::OpenDeadLetters(path, options.vfs, store->queries());
  if (!dead_letters.ok()) return dead_letters.status();
  auto retention = sqlite::MakeRetention(path, options, store->turn(), store->queries());
  return SqliteStore{.store = std::move(store),
                     .query = *std::move(query),
                     .kv = *std::move(kv),
                     .outbox = *std::move(outbox),
                     .jobs = *std::move(jobs),
                     .dead_letters = *std::move(dead_letters),
                     .retention = std::move(retention)};
}

}  // namespace saga::adapter
