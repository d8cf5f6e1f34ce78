#include "orchestrator/adapter/sqlite/record.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/branch_rows.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/store_common/record_text.h"

namespace saga::adapter::sqlite {
namespace {

// Every column of a transaction but its gid, from parameter `first` on, in the order of the
// statements below.
void BindChanging(Statement& statement, int first, const core::GlobalTransaction& transaction,
                  base::Time next_wake, RecordText* text) {
  text->options = EncodeOptions(transaction.options);
  text->predecessors = EncodePredecessors(transaction.predecessors);
  int i = first;
  statement.Bind(i++, static_cast<int64_t>(transaction.mode));
  statement.Bind(i++, static_cast<int64_t>(transaction.protocol));
  statement.Bind(i++, static_cast<int64_t>(transaction.status));
  statement.Bind(i++, static_cast<int64_t>(transaction.version));
  statement.Bind(i++, transaction.create_time.micros);
  statement.Bind(i++, transaction.update_time.micros);
  statement.Bind(i++, transaction.finish_time.micros);
  if (next_wake == base::kNever) {
    statement.BindNull(i++);
  } else {
    statement.Bind(i++, next_wake.micros);
  }
  statement.Bind(i++, transaction.wait_result ? 1 : 0);
  statement.Bind(i++, transaction.concurrent ? 1 : 0);
  statement.Bind(i++, transaction.delay_s);
  statement.Bind(i++, transaction.limited_retries);
  statement.Bind(i++, transaction.definition_version);
  statement.BindOptional(i++, transaction.definition);
  statement.BindOptional(i++, text->options);
  statement.BindOptional(i++, text->predecessors);
  statement.BindOptional(i++, transaction.query_prepared);
  statement.BindOptional(i++, transaction.rollback_reason);
  statement.BindOptional(i++, transaction.custom_data);
  statement.BindOptional(i++, transaction.workflow);
  statement.BindOptional(i++, transaction.result);
}

}  // namespace

const char kInsertTransaction[] =
    "INSERT INTO global_transaction (gid, mode, protocol, status, version, create_time, "
    "update_time, finish_time, "
    "next_wake, wait_result, concurrent, delay, limited_retries, definition_version, definition, "
    "options, predecessors, "
    "query_prepared, rollback_reason, custom_data, workflow, result) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
    "?20, ?21, ?22) "
    "ON CONFLICT (gid) DO NOTHING";

const char kUpdateTransaction[] =
    "UPDATE global_transaction SET mode = ?3, protocol = ?4, status = ?5, version = ?6, "
    "create_time = ?7, "
    "update_time = ?8, finish_time = ?9, next_wake = ?10, wait_result = ?11, concurrent = ?12, "
    "delay = ?13, "
    "limited_retries = ?14, definition_version = ?15, definition = ?16, options = ?17, "
    "predecessors = ?18, "
    "query_prepared = ?19, rollback_reason = ?20, custom_data = ?21, workflow = ?22, result = ?23 "
    "WHERE id = ?1 AND version = ?2";

const char kInsertHistory[] =
    "INSERT INTO history (transaction_id, number, time, kind, op, attempt, outcome, branch_id, "
    "text, actor) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

const char kSelectTransaction[] =
    "SELECT id, gid, mode, protocol, status, version, create_time, update_time, finish_time, "
    "next_wake, wait_result, "
    "concurrent, delay, limited_retries, definition_version, definition, options, predecessors, "
    "query_prepared, "
    "rollback_reason, custom_data, workflow, result FROM global_transaction";

void BindTransaction(Statement& insert, const core::GlobalTransaction& transaction,
                     base::Time next_wake, RecordText* text) {
  insert.BindText(1, transaction.gid);
  BindChanging(insert, 2, transaction, next_wake, text);
}

void BindTransactionUpdate(Statement& update, const core::GlobalTransaction& transaction,
                           base::Time next_wake, int64_t id, RecordText* text) {
  update.Bind(1, id);
  update.Bind(2, static_cast<int64_t>(transaction.version) - 1);
  BindChanging(update, 3, transaction, next_wake, text);
}

void BindHistory(Statement& insert, const core::HistoryEntry& entry, int64_t id, int64_t number) {
  insert.Bind(1, id);
  insert.Bind(2, number);
  insert.Bind(3, entry.time.micros);
  insert.Bind(4, static_cast<int64_t>(entry.kind));
  insert.Bind(5, static_cast<int64_t>(entry.op));
  insert.Bind(6, entry.attempt);
  insert.Bind(7, static_cast<int64_t>(entry.outcome));
  insert.BindOptional(8, entry.branch_id);
  insert.BindOptional(9, entry.text);
  insert.BindOptional(10, entry.actor);
}

absl::StatusOr<Record> ReadTransaction(const Statement& row) {
  Record record;
  core::GlobalTransaction& transaction = record.transaction;
  record.id = row.Number(0);
  transaction.gid = std::string(row.Text(1));
  transaction.mode = static_cast<core::Mode>(row.Number(2));
  transaction.protocol = static_cast<core::Protocol>(row.Number(3));
  transaction.status = static_cast<core::Status>(row.Number(4));
  transaction.version = static_cast<uint64_t>(row.Number(5));
  transaction.create_time = base::Time{row.Number(6)};
  transaction.update_time = base::Time{row.Number(7)};
  transaction.finish_time = base::Time{row.Number(8)};
  if (!row.IsNull(9)) record.next_wake = base::Time{row.Number(9)};
  transaction.wait_result = row.Number(10) != 0;
  transaction.concurrent = row.Number(11) != 0;
  transaction.delay_s = row.Number(12);
  transaction.limited_retries = static_cast<uint32_t>(row.Number(13));
  transaction.definition_version = static_cast<uint32_t>(row.Number(14));
  transaction.definition = std::string(row.Text(15));
  auto options = DecodeOptions(row.Text(16));
  auto predecessors = DecodePredecessors(row.Text(17));
  const absl::Status& status = options.ok() ? predecessors.status() : options.status();
  if (!status.ok()) {
    return absl::DataLossError(
        absl::StrCat("global transaction \"", transaction.gid, "\": ", status.message()));
  }
  transaction.options = *std::move(options);
  transaction.predecessors = *std::move(predecessors);
  transaction.query_prepared = std::string(row.Text(18));
  transaction.rollback_reason = std::string(row.Text(19));
  transaction.custom_data = std::string(row.Text(20));
  transaction.workflow = std::string(row.Text(21));
  transaction.result = std::string(row.Text(22));
  return record;
}

core::HistoryEntry ReadHistory(const Statement& row) {
  core::HistoryEntry entry;
  entry.time = base::Time{row.Number(0)};
  entry.kind = static_cast<core::HistoryKind>(row.Number(1));
  entry.op = static_cast<core::Op>(row.Number(2));
  entry.attempt = static_cast<uint32_t>(row.Number(3));
  entry.outcome = static_cast<core::Outcome>(row.Number(4));
  entry.branch_id = std::string(row.Text(5));
  entry.text = std::string(row.Text(6));
  entry.actor = std::string(row.Text(7));
  return entry;
}

int RecordReader::Prepare(const Connection* connection, std::string path,
                          std::shared_ptr<std::atomic<uint64_t>> queries) {
  connection_ = connection;
  path_ = std::move(path);
  queries_ = std::move(queries);
  int code = by_gid_.Prepare(*connection, absl::StrCat(kSelectTransaction, " WHERE gid = ?1"));
  if (code == SQLITE_OK)
    code = by_id_.Prepare(*connection, absl::StrCat(kSelectTransaction, " WHERE id = ?1"));
  if (code == SQLITE_OK) code = branches_.Prepare(*connection, kSelectBranches);
  return code;
}

absl::StatusOr<Record> RecordReader::ByGid(const std::string& gid) {
  const StatementScope scope(&by_gid_);
  by_gid_.BindText(1, gid);
  return ReadOne(by_gid_);
}

absl::StatusOr<Record> RecordReader::ById(int64_t id) {
  const StatementScope scope(&by_id_);
  by_id_.Bind(1, id);
  return ReadOne(by_id_);
}

absl::StatusOr<Record> RecordReader::ReadOne(Statement& statement) {
  ++*queries_;
  const int code = statement.Step();
  if (code == SQLITE_DONE) return absl::NotFoundError("no such global transaction");
  if (code != SQLITE_ROW) return FailureOf(code, path_, *connection_);
  absl::StatusOr<Record> record = ReadTransaction(statement);
  if (!record.ok())
    return absl::DataLossError(absl::StrCat(path_, ": ", record.status().message()));
  if (absl::Status status = ReadBranches(&*record); !status.ok()) return status;
  return record;
}

absl::Status RecordReader::ReadBranches(Record* record) {
  ++*queries_;
  const StatementScope scope(&branches_);
  branches_.Bind(1, KeyOf(record->id, 0));
  branches_.Bind(2, KeyOf(record->id + 1, 0) - 1);
  std::vector<core::Branch>& branches = record->transaction.branches;
  const auto damaged = [&](const auto&... what) {
    return absl::DataLossError(
        absl::StrCat(path_, ": global transaction \"", record->transaction.gid, "\"", what...));
  };
  int code = branches_.Step();
  for (; code == SQLITE_ROW; code = branches_.Step()) {
    const auto row = static_cast<uint32_t>(branches.size());
    if (ReadBranchKey(branches_) != KeyOf(record->id, row))
      return damaged(" lacks branch row ", row);
    const base::Bytes before = branches.empty() ? nullptr : branches.back().payload;
    if (absl::Status read = ReadBranch(branches_, before, &branches.emplace_back()); !read.ok())
      return damaged(", branch row ", row, ": ", read.message());
  }
  return code == SQLITE_DONE ? absl::OkStatus() : FailureOf(code, path_, *connection_);
}

}  // namespace saga::adapter::sqlite
