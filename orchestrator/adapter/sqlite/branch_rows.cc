#include "orchestrator/adapter/sqlite/branch_rows.h"

#include <utility>

#include "absl/status/statusor.h"
#include "orchestrator/adapter/store_common/record_text.h"

namespace saga::adapter::sqlite {
namespace {

constexpr char kInsert[] =
    "INSERT INTO branch (key, op, branch_id, target, payload, status, called, attempts, "
    "unknown_streak, answered, last_outcome, next_attempt, finish_time, last_error, retry, "
    "trouble) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) "
    "ON CONFLICT (key) DO NOTHING";
constexpr char kUpdateUntroubled[] =
    "UPDATE branch SET status = ?2, called = ?3, attempts = ?4, unknown_streak = ?5, answered = "
    "?6, last_outcome = ?7, next_attempt = ?8, finish_time = ?9, last_error = ?10 "
    "WHERE key = ?1 AND trouble IS NULL";
constexpr char kUpdate[] =
    "UPDATE branch SET status = ?2, called = ?3, attempts = ?4, unknown_streak = ?5, answered = "
    "?6, last_outcome = ?7, next_attempt = ?8, finish_time = ?9, last_error = ?10, trouble = ?11 "
    "WHERE key = ?1";
constexpr char kPutTrouble[] =
    "INSERT OR REPLACE INTO branch_trouble (key, on_fallback, first_failure, last_failure, dead, "
    "dead_time, deaths) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
constexpr char kEndTrouble[] = "DELETE FROM branch_trouble WHERE key = ?1";

constexpr char kSetPayload[] = "UPDATE branch SET payload = ?2 WHERE key = ?1";
// The first row of a transaction always has a payload of its own.
constexpr char kKeepPayload[] =
    "UPDATE branch SET payload = (SELECT p.payload FROM branch AS p WHERE p.key >= ?2 AND p.key < "
    "?1 AND p.payload IS NOT NULL ORDER BY p.key DESC LIMIT 1) WHERE key = ?1 AND payload IS NULL";

void BindProgress(Statement& statement, int first, const core::Branch& branch) {
  int i = first;
  statement.Bind(i++, static_cast<int64_t>(branch.status));
  statement.Bind(i++, branch.called ? 1 : 0);
  statement.Bind(i++, branch.attempts);
  statement.Bind(i++, branch.unknown_streak);
  statement.Bind(i++, branch.answered ? 1 : 0);
  statement.Bind(i++, static_cast<int64_t>(branch.last_outcome));
  statement.Bind(i++, branch.next_attempt.micros);
  statement.Bind(i++, branch.finish_time.micros);
  statement.BindOptional(i++, branch.last_error);
}

bool HasTrouble(const core::Branch& branch) {
  return branch.on_fallback || branch.first_failure.IsSet() || branch.last_failure.IsSet() ||
         branch.dead != core::DeadReason::kNone || branch.dead_time.IsSet() || branch.deaths != 0;
}

void BindTrouble(Statement& statement, int index, const core::Branch& branch) {
  HasTrouble(branch) ? statement.Bind(index, 1) : statement.BindNull(index);
}

}  // namespace

// Where there is no trouble none is looked for.
const char kSelectBranches[] =
    "SELECT b.key, op, status, called, attempts, unknown_streak, answered, last_outcome, "
    "next_attempt, finish_time, branch_id, target, last_error, payload, retry, f.key, on_fallback, "
    "first_failure, last_failure, dead, dead_time, deaths FROM branch AS b LEFT JOIN "
    "branch_trouble "
    "AS f ON f.key = iif(b.trouble IS NULL, NULL, b.key) WHERE b.key BETWEEN ?1 AND ?2 ORDER BY "
    "b.key";

int BranchWriter::Prepare(const Connection& connection) {
  connection_ = &connection;
  const std::pair<Statement*, const char*> statements[] = {
      {&insert_, kInsert},           {&update_untroubled_, kUpdateUntroubled},
      {&update_, kUpdate},           {&put_trouble_, kPutTrouble},
      {&end_trouble_, kEndTrouble},  {&set_payload_, kSetPayload},
      {&keep_payload_, kKeepPayload}};
  for (const auto& [statement, sql] : statements) {
    if (const int code = statement->Prepare(connection, sql); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int BranchWriter::Insert(const core::GlobalTransaction& transaction, uint32_t row, int64_t id,
                         bool* inserted) {
  const core::Branch& branch = transaction.branches[row];
  const std::string retry = EncodeRetry(branch.retry);
  insert_.Bind(1, KeyOf(id, row));
  insert_.Bind(2, static_cast<int64_t>(branch.op));
  insert_.BindText(3, branch.branch_id);
  insert_.BindText(4, branch.target);
  const base::Bytes* const before = row == 0 ? nullptr : &transaction.branches[row - 1].payload;
  if (before != nullptr &&
      (*before == branch.payload || base::Value(*before) == base::Value(branch.payload))) {
    insert_.BindNull(5);
  } else {
    insert_.BindBlob(5, base::Value(branch.payload));
  }
  BindProgress(insert_, 6, branch);
  insert_.BindOptional(15, retry);
  BindTrouble(insert_, 16, branch);
  const int code = insert_.Run();
  *inserted = code == SQLITE_OK && sqlite3_changes64(connection_->get()) != 0;
  return *inserted && HasTrouble(branch) ? PutTrouble(branch, KeyOf(id, row)) : code;
}

int BranchWriter::Update(const core::GlobalTransaction& transaction, uint32_t row, int64_t id,
                         bool* inserted) {
  const core::Branch& branch = transaction.branches[row];
  const int64_t key = KeyOf(id, row);
  const bool trouble = HasTrouble(branch);
  *inserted = false;
  bool found = false;
  int code = RunUpdate(trouble ? update_ : update_untroubled_, branch, key, &found);
  if (code != SQLITE_OK) return code;
  if (found) return trouble ? PutTrouble(branch, key) : SQLITE_OK;
  code = Insert(transaction, row, id, inserted);
  if (code != SQLITE_OK || *inserted) return code;
  // It was in trouble until now.
  code = RunUpdate(update_, branch, key, &found);
  if (code != SQLITE_OK) return code;
  end_trouble_.Bind(1, key);
  return end_trouble_.Run();
}

int BranchWriter::RunUpdate(Statement& update, const core::Branch& branch, int64_t key,
                            bool* found) {
  update.Bind(1, key);
  BindProgress(update, 2, branch);
  if (&update == &update_) BindTrouble(update, 11, branch);
  const int code = update.Run();
  *found = code == SQLITE_OK && sqlite3_changes64(connection_->get()) != 0;
  return code;
}

int BranchWriter::PutTrouble(const core::Branch& branch, int64_t key) {
  put_trouble_.Bind(1, key);
  put_trouble_.Bind(2, branch.on_fallback ? 1 : 0);
  put_trouble_.Bind(3, branch.first_failure.micros);
  put_trouble_.Bind(4, branch.last_failure.micros);
  put_trouble_.Bind(5, static_cast<int64_t>(branch.dead));
  put_trouble_.Bind(6, branch.dead_time.micros);
  put_trouble_.Bind(7, branch.deaths);
  return put_trouble_.Run();
}

int BranchWriter::UpdatePayload(const core::GlobalTransaction& transaction, uint32_t row,
                                int64_t id) {
  // The row behind first: what it lacks is the payload that is about to go.
  if (row + 1 < kRowsPerTransaction) {
    keep_payload_.Bind(1, KeyOf(id, row + 1));
    keep_payload_.Bind(2, KeyOf(id, 0));
    if (const int code = keep_payload_.Run(); code != SQLITE_OK) return code;
  }
  set_payload_.Bind(1, KeyOf(id, row));
  set_payload_.BindBlob(2, base::Value(transaction.branches[row].payload));
  return set_payload_.Run();
}

int64_t ReadBranchKey(const Statement& row) { return row.Number(0); }

absl::Status ReadBranch(const Statement& row, const base::Bytes& payload_before,
                        core::Branch* branch) {
  branch->op = static_cast<core::Op>(row.Number(1));
  branch->status = static_cast<core::BranchStatus>(row.Number(2));
  branch->called = row.Number(3) != 0;
  branch->attempts = static_cast<uint32_t>(row.Number(4));
  branch->unknown_streak = static_cast<uint32_t>(row.Number(5));
  branch->answered = row.Number(6) != 0;
  branch->last_outcome = static_cast<core::Outcome>(row.Number(7));
  branch->next_attempt = base::Time{row.Number(8)};
  branch->finish_time = base::Time{row.Number(9)};
  branch->branch_id = std::string(row.Text(10));
  branch->target = std::string(row.Text(11));
  branch->last_error = std::string(row.Text(12));
  branch->payload = row.IsNull(13) ? payload_before : base::MakeBytes(std::string(row.Text(13)));
  if (!row.IsNull(15)) {
    branch->on_fallback = row.Number(16) != 0;
    branch->first_failure = base::Time{row.Number(17)};
    branch->last_failure = base::Time{row.Number(18)};
    branch->dead = static_cast<core::DeadReason>(row.Number(19));
    branch->dead_time = base::Time{row.Number(20)};
    branch->deaths = static_cast<uint32_t>(row.Number(21));
  }
  if (row.IsNull(14)) return absl::OkStatus();
  absl::StatusOr<core::RetryPolicy> retry = DecodeRetry(row.Text(14));
  if (retry.ok()) branch->retry = *retry;
  return retry.status();
}

}  // namespace saga::adapter::sqlite
