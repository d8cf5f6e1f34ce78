#include "orchestrator/adapter/sqlite/transfer_reader.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/job_rows.h"
#include "orchestrator/adapter/sqlite/outbox_rows.h"
#include "orchestrator/adapter/sqlite/record.h"
#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/sqlite/writer.h"
#include "orchestrator/adapter/store_common/job_item.h"

namespace saga::adapter::sqlite {
namespace {

constexpr char kHistory[] =
    "SELECT time, kind, op, attempt, outcome, branch_id, text, actor FROM history WHERE "
    "transaction_id = ?1 ORDER BY number";
class Reader final : public port::StoreReader {
 public:
  Reader(std::string path, std::unique_ptr<OwnerLock> lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  absl::Status Open() {
    const int code = connection_.Open(path_, SQLITE_OPEN_READONLY, "");
    if (code != SQLITE_OK) return Failure(code);
    sqlite3_busy_timeout(connection_.get(), kBusyMillis);
    return RequireNewestSchema(connection_, path_);
  }

  absl::StatusOr<uint64_t> CountTransactions() override {
    int64_t count = 0;
    const int code = connection_.ReadNumber("SELECT count(*) FROM global_transaction", &count);
    if (code != SQLITE_OK) return Failure(code);
    return static_cast<uint64_t>(count);
  }

  absl::Status ReadAll(Sink sink) override {
    if (const int code = connection_.Exec("BEGIN"); code != SQLITE_OK) return Failure(code);
    absl::Status status = ReadTransactions(sink);
    if (status.ok()) status = ReadKv(sink);
    if (status.ok()) status = ReadOutbox(sink);
    if (status.ok()) status = ReadParked(sink);
    if (status.ok()) status = ReadJobs(sink);
    connection_.Exec("ROLLBACK");
    return status;
  }

 private:
  absl::Status Failure(int code) const { return FailureOf(code, path_, connection_); }

  // Calls `take` with each row of what `statement` stands before.
  absl::Status ForEach(Statement& statement, absl::FunctionRef<absl::Status()> take) {
    const StatementScope scope(&statement);
    int code = statement.Step();
    for (; code == SQLITE_ROW; code = statement.Step()) {
      if (absl::Status status = take(); !status.ok()) return status;
    }
    return code == SQLITE_DONE ? absl::OkStatus() : Failure(code);
  }

  absl::Status ReadTransactions(Sink sink) {
    Statement ids;
    Statement history;
    RecordReader records;
    int code = ids.Prepare(connection_, "SELECT id FROM global_transaction ORDER BY id");
    if (code == SQLITE_OK) code = history.Prepare(connection_, kHistory);
    if (code == SQLITE_OK) code = records.Prepare(&connection_, path_, queries_);
    if (code != SQLITE_OK) return Failure(code);
    return ForEach(ids, [&]() -> absl::Status {
      absl::StatusOr<Record> record = records.ById(ids.Number(0));
      if (!record.ok()) return record.status();
      port::TransferTransaction out;
      out.stored = {.id = static_cast<uint64_t>(record->id),
                    .transaction = std::move(record->transaction),
                    .next_wake = record->next_wake};
      history.Bind(1, record->id);
      absl::Status status = ForEach(history, [&] {
        out.history.push_back(ReadHistory(history));
        return absl::OkStatus();
      });
      return status.ok() ? sink(std::move(out)) : status;
    });
  }

  absl::Status ReadKv(Sink sink) {
    Statement rows;
    const int code = rows.Prepare(
        connection_,
        "SELECT id, category, key, value, version, create_time, update_time FROM kv ORDER BY id");
    if (code != SQLITE_OK) return Failure(code);
    return ForEach(rows, [&] {
      return sink(port::KvRecord{.id = static_cast<uint64_t>(rows.Number(0)),
                                 .category = std::string(rows.Text(1)),
                                 .key = std::string(rows.Text(2)),
                                 .value = std::string(rows.Text(3)),
                                 .version = static_cast<uint64_t>(rows.Number(4)),
                                 .create_time = base::Time{rows.Number(5)},
                                 .update_time = base::Time{rows.Number(6)}});
    });
  }

  absl::Status ReadOutbox(Sink sink) {
    Statement rows;
    const int code = rows.Prepare(
        connection_, "SELECT id, create_time, topic, key, headers, value FROM outbox ORDER BY id");
    if (code != SQLITE_OK) return Failure(code);
    return ForEach(rows, [&]() -> absl::Status {
      port::OutboxRecord out{.id = static_cast<uint64_t>(rows.Number(0)),
                             .create_time = base::Time{rows.Number(1)}};
      absl::Status status = ReadMessage(rows, 2, &out.message);
      return status.ok() ? sink(std::move(out)) : status;
    });
  }

  absl::Status ReadParked(Sink sink) {
    Statement rows;
    const int code = rows.Prepare(connection_,
                                  "SELECT id, park_time, reason, partition, offset, topic, key, "
                                  "headers, value FROM parked_message ORDER BY id");
    if (code != SQLITE_OK) return Failure(code);
    return ForEach(rows, [&]() -> absl::Status {
      port::ParkedMessage out{.id = static_cast<uint64_t>(rows.Number(0)),
                              .park_time = base::Time{rows.Number(1)},
                              .reason = std::string(rows.Text(2)),
                              .partition = static_cast<int32_t>(rows.Number(3)),
                              .offset = rows.Number(4)};
      absl::Status status = ReadMessage(rows, 5, &out.message);
      return status.ok() ? sink(std::move(out)) : status;
    });
  }

  absl::Status ReadJobs(Sink sink) {
    Statement jobs;
    Statement items;
    int code = jobs.Prepare(
        connection_,
        absl::StrCat("SELECT ", kJobColumns, ", id FROM job WHERE state <> 0 ORDER BY id"));
    if (code == SQLITE_OK) {
      code = items.Prepare(connection_,
                           absl::StrCat("SELECT ", kJobItemColumns,
                                        " FROM job_item WHERE job_id = ?1 ORDER BY number"));
    }
    if (code != SQLITE_OK) return Failure(code);
    return ForEach(jobs, [&]() -> absl::Status {
      port::TransferItems some{.token = std::string(jobs.Text(0))};
      if (absl::Status status = sink(ReadJob(jobs)); !status.ok()) return status;
      items.Bind(1, jobs.Number(kJobColumnCount));
      absl::Status status = ForEach(items, [&]() -> absl::Status {
        some.items.push_back(ReadJobItem(items));
        if (some.items.size() < port::kTransferItems) return absl::OkStatus();
        return sink(
            port::TransferItems{.token = some.token, .items = std::exchange(some.items, {})});
      });
      if (!status.ok() || some.items.empty()) return status;
      return sink(std::move(some));
    });
  }

  const std::string path_;
  const std::unique_ptr<OwnerLock> lock_;  // null: somebody else has it
  const std::shared_ptr<std::atomic<uint64_t>> queries_ =
      std::make_shared<std::atomic<uint64_t>>(0);
  Connection connection_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<port::StoreReader>> OpenTransferReader(
    const std::string& path, std::unique_ptr<OwnerLock> lock) {
  auto reader = std::make_unique<Reader>(path, std::move(lock));
  if (absl::Status status = reader->Open(); !status.ok()) return status;
  return reader;
}

}  // namespace saga::adapter::sqlite
