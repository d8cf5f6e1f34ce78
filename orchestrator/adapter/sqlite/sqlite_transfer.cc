#include "orchestrator/adapter/sqlite/sqlite_transfer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/branch_rows.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/job_rows.h"
#include "orchestrator/adapter/sqlite/outbox_rows.h"
#include "orchestrator/adapter/sqlite/owner_lock.h"
#include "orchestrator/adapter/sqlite/record.h"
#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/sqlite/sqlite_backup.h"
#include "orchestrator/adapter/sqlite/transfer_reader.h"

namespace saga::adapter {
namespace {

using sqlite::Connection;
using sqlite::FailureOf;
using sqlite::OwnerLock;
using sqlite::Statement;

constexpr mode_t kOwnerOnly = 0600;
// Rows written until what they filled of the cache may go to the file.
constexpr int kPutsOfOneCommit = 2000;

class Writer final : public port::StoreWriter {
 public:
  Writer(const std::string& path, std::unique_ptr<OwnerLock> lock)
      : path_(path), filling_(path + ".import"), lock_(std::move(lock)) {}
  ~Writer() override { unlink(filling_.c_str()); }

  absl::Status Open() {
    unlink(filling_.c_str());
    const int file = open(filling_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
    if (file < 0) {
      return absl::FailedPreconditionError(
          absl::StrCat(filling_, " cannot be written: ", std::strerror(errno)));
    }
    close(file);
    connection_.emplace();
    int code = connection_->Open(filling_, SQLITE_OPEN_READWRITE, "");
    // A file that is not complete is of no use to anybody: nothing of it has to survive.
    if (code == SQLITE_OK)
      code = connection_->Exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    if (code != SQLITE_OK) return Failure(code);
    absl::Status status = PrepareSchema(*connection_, filling_, sqlite::Migrations());
    if (!status.ok()) return status;
    code = PrepareStatements();
    if (code == SQLITE_OK) code = connection_->Exec("BEGIN");
    return code == SQLITE_OK ? absl::OkStatus() : Failure(code);
  }

  absl::Status Put(port::TransferRecord record) override {
    int code = std::visit([this](const auto& held) { return PutOne(held); }, record);
    if (code == SQLITE_OK && ++puts_ % kPutsOfOneCommit == 0)
      code = connection_->Exec("COMMIT; BEGIN");
    return code == SQLITE_OK ? absl::OkStatus() : Failure(code);
  }

  absl::Status Flush() override {
    if (const int code = connection_->Exec("COMMIT"); code != SQLITE_OK) return Failure(code);
    auto reader = sqlite::OpenTransferReader(filling_, nullptr);
    if (reader.ok()) reader_ = *std::move(reader);
    return reader.status();
  }

  port::StoreReader& reader() override { return *reader_; }

  absl::Status Publish() override {
    reader_.reset();
    CloseStatements();
    connection_.reset();
    return ReplaceSqliteStore(filling_, path_);
  }

 private:
  absl::Status Failure(int code) const { return FailureOf(code, filling_, *connection_); }

  struct Statements {
    Statement transaction, history, kv, outbox, parked, job, item;
    sqlite::BranchWriter branches;
  };

  int PrepareStatements() {
    statements_.emplace();
    const std::pair<Statement*, const char*> all[] = {
        {&statements_->transaction, sqlite::kInsertTransaction},
        {&statements_->history, sqlite::kInsertHistory},
        {&statements_->kv,
         "INSERT INTO kv (category, key, value, version, create_time, update_time) VALUES (?1, ?2, "
         "?3, ?4, ?5, ?6)"},
        {&statements_->outbox,
         "INSERT INTO outbox (create_time, topic, key, headers, value) VALUES (?1, ?2, ?3, ?4, "
         "?5)"},
        {&statements_->parked,
         "INSERT INTO parked_message (park_time, reason, partition, offset, topic, key, headers, "
         "value) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
        {&statements_->job, sqlite::kInsertJob},
        {&statements_->item, sqlite::kInsertItem}};
    for (const auto& [statement, sql] : all) {
      if (const int code = statement->Prepare(*connection_, sql); code != SQLITE_OK) return code;
    }
    return statements_->branches.Prepare(*connection_);
  }
  void CloseStatements() { statements_.reset(); }

  int PutOne(const port::TransferTransaction& record) {
    const core::GlobalTransaction& transaction = record.stored.transaction;
    if (transaction.branches.size() > static_cast<size_t>(sqlite::kRowsPerTransaction))
      return SQLITE_TOOBIG;
    sqlite::RecordText text;
    sqlite::BindTransaction(statements_->transaction, transaction, record.stored.next_wake, &text);
    int code = statements_->transaction.Run();
    // The statement passes over a gid that is there.
    if (code == SQLITE_OK && sqlite3_changes64(connection_->get()) == 0)
      return SQLITE_CONSTRAINT_UNIQUE;
    const int64_t id = sqlite3_last_insert_rowid(connection_->get());
    for (uint32_t row = 0; code == SQLITE_OK && row < transaction.branches.size(); ++row) {
      bool inserted = false;
      code = statements_->branches.Insert(transaction, row, id, &inserted);
    }
    int64_t number = 0;
    for (size_t i = 0; code == SQLITE_OK && i < record.history.size(); ++i) {
      sqlite::BindHistory(statements_->history, record.history[i], id, number++);
      code = statements_->history.Run();
    }
    return code;
  }

  int PutOne(const port::KvRecord& record) {
    statements_->kv.BindText(1, record.category);
    statements_->kv.BindText(2, record.key);
    statements_->kv.BindText(3, record.value);
    statements_->kv.Bind(4, static_cast<int64_t>(record.version));
    statements_->kv.Bind(5, record.create_time.micros);
    statements_->kv.Bind(6, record.update_time.micros);
    return statements_->kv.Run();
  }

  int PutOne(const port::OutboxRecord& record) {
    std::string headers;
    statements_->outbox.Bind(1, record.create_time.micros);
    sqlite::BindMessage(statements_->outbox, 2, record.message, &headers);
    return statements_->outbox.Run();
  }

  int PutOne(const port::ParkedMessage& record) {
    std::string headers;
    statements_->parked.Bind(1, record.park_time.micros);
    statements_->parked.BindText(2, record.reason);
    statements_->parked.Bind(3, record.partition);
    statements_->parked.Bind(4, record.offset);
    sqlite::BindMessage(statements_->parked, 5, record.message, &headers);
    return statements_->parked.Run();
  }

  int PutOne(const port::Job& job) {
    sqlite::BindNewJob(statements_->job, job, static_cast<int64_t>(job.state));
    const int code = statements_->job.Run();
    // The statement passes over a token that is there.
    if (code == SQLITE_OK && sqlite3_changes64(connection_->get()) == 0)
      return SQLITE_CONSTRAINT_UNIQUE;
    job_ = sqlite3_last_insert_rowid(connection_->get());
    return code;
  }

  int PutOne(const port::TransferItems& record) {
    for (const port::JobItem& item : record.items) {
      sqlite::BindItem(statements_->item, job_, item);
      if (const int code = statements_->item.Run(); code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
  }

  const std::string path_;
  const std::string filling_;
  const std::unique_ptr<OwnerLock> lock_;
  std::optional<Connection> connection_;
  std::optional<Statements> statements_;  // goes before the connection
  uint64_t puts_ = 0;
  int64_t job_ = 0;  // id of the last one, whose items follow
  std::unique_ptr<port::StoreReader> reader_;
};

absl::Status RequireEmpty(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || info.st_size == 0) return absl::OkStatus();
  Connection connection;
  int code = connection.Open(path, SQLITE_OPEN_READONLY, "");
  if (code != SQLITE_OK) return FailureOf(code, path, connection);
  if (absl::Status status = sqlite::RequireNewestSchema(connection, path); !status.ok())
    return status;
  for (const char* table : {"global_transaction", "kv", "outbox", "parked_message", "job"}) {
    int64_t rows = 0;
    code = connection.ReadNumber(absl::StrCat("SELECT count(*) FROM ", table).c_str(), &rows);
    if (code != SQLITE_OK) return FailureOf(code, path, connection);
    if (rows == 0) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not empty: ", rows, " rows in ", table,
                     ". An import needs an empty store: choose another --data-dir."));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<port::StoreReader>> OpenSqliteReader(const std::string& path) {
  auto lock = OwnerLock::Take(path);
  if (!lock.ok()) return lock.status();
  return sqlite::OpenTransferReader(path, *std::move(lock));
}

absl::StatusOr<std::unique_ptr<port::StoreWriter>> OpenSqliteWriter(const std::string& path) {
  auto lock = OwnerLock::Take(path);
  if (!lock.ok()) return lock.status();
  if (absl::Status status = RequireEmpty(path); !status.ok()) return status;
  auto writer = std::make_unique<Writer>(path, *std::move(lock));
  if (absl::Status status = writer->Open(); !status.ok()) return status;
  return writer;
}

}  // namespace saga::adapter
