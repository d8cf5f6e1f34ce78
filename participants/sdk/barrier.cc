#include "participants/sdk/barrier.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace saga::participants::sdk {
namespace {

constexpr absl::string_view kRollbackReason = "rollback";
constexpr absl::string_view kNotDone = "not done";

// The op that this one undoes.
std::optional<Op> OriginOf(Op op) {
  switch (op) {
    case Op::kCancel:
      return Op::kTry;
    case Op::kCompensate:
      return Op::kAction;
    case Op::kAction:
    case Op::kTry:
    case Op::kConfirm:
    case Op::kCheckBack:
      return std::nullopt;
  }
  return std::nullopt;
}

// One request at the barrier's table.
class Entry {
 public:
  Entry(Transaction& tx, const std::string& table, const BranchContext& context,
        std::string barrier_id)
      : tx_(tx), table_(table), context_(context), barrier_id_(std::move(barrier_id)) {}

  // What the rows say; writes them. kRan: run the change.
  absl::StatusOr<BarrierVerdict> Enter();

  // True: the row is new. Waits for a transaction that has put it there and is not through yet.
  absl::StatusOr<bool> Insert(Op op, absl::string_view reason);
  // Of the row that is there; an error when it is another transaction's.
  absl::StatusOr<std::string> ReadReason(Op op);

 private:
  Transaction& tx_;
  const std::string& table_;
  const BranchContext& context_;
  const std::string barrier_id_;
};

absl::StatusOr<bool> Entry::Insert(Op op, absl::string_view reason) {
  const absl::StatusOr<int64_t> inserted = tx_.Execute(
      absl::StrCat("INSERT INTO ", table_,
                   " (trans_type, gid, branch_id, op, barrier_id, reason) "
                   "VALUES (?, ?, ?, ?, ?, ?)"),
      WireName(context_.mode), context_.gid, context_.branch_id, WireName(op), barrier_id_, reason);
  if (absl::IsAlreadyExists(inserted.status())) return false;
  if (!inserted.ok()) return inserted.status();
  return true;
}

absl::StatusOr<std::string> Entry::ReadReason(Op op) {
  absl::StatusOr<Rows> rows =
      tx_.Query(absl::StrCat("SELECT reason, gid, branch_id FROM ", table_,
                             " WHERE gid = ? AND branch_id = ? AND op = ? AND barrier_id = ?"),
                context_.gid, context_.branch_id, WireName(op), barrier_id_);
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<bool> found = rows->Next();
  if (!found.ok()) return found.status();
  if (!*found) return absl::InternalError("barrier: the row that was just met is gone");
  if (rows->Text(1) != context_.gid || rows->Text(2) != context_.branch_id) {
    return absl::InternalError(absl::StrCat(
        "barrier: the collation of ", table_, " takes branch ", context_.branch_id, " of '",
        context_.gid, "' for branch ", rows->Text(2), " of '", rows->Text(1), "'"));
  }
  return rows->Text(0);
}

absl::StatusOr<BarrierVerdict> Entry::Enter() {
  bool origin_was_missing = false;
  if (const std::optional<Op> origin = OriginOf(context_.op); origin.has_value()) {
    const absl::StatusOr<bool> inserted = Insert(*origin, WireName(context_.op));
    if (!inserted.ok()) return inserted.status();
    origin_was_missing = *inserted;
    // Undoing what another transaction did is worse than anything else.
    if (!origin_was_missing && tx_.dialect() == Dialect::kMysql) {
      if (const absl::Status ours = ReadReason(*origin).status(); !ours.ok()) return ours;
    }
  }
  const absl::StatusOr<bool> inserted = Insert(context_.op, WireName(context_.op));
  if (!inserted.ok()) return inserted.status();
  if (origin_was_missing) return BarrierVerdict::kNullCompensation;
  if (*inserted) return BarrierVerdict::kRan;
  // Somebody was here before: this op itself, or the one that undoes it.
  const absl::StatusOr<std::string> reason = ReadReason(context_.op);
  if (!reason.ok()) return reason.status();
  return *reason == WireName(context_.op) ? BarrierVerdict::kDuplicate : BarrierVerdict::kHanging;
}

// As DTM's clients make it, but for a collation that tells all gids apart.
constexpr char kMysqlColumns[] =
    " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
    " trans_type VARCHAR(45) DEFAULT '',"
    " gid VARCHAR(128) DEFAULT '',"
    " branch_id VARCHAR(128) DEFAULT '',"
    " op VARCHAR(45) DEFAULT '',"
    " barrier_id VARCHAR(45) DEFAULT '',"
    " reason VARCHAR(45) DEFAULT '',"
    " create_time DATETIME DEFAULT CURRENT_TIMESTAMP,"
    " update_time DATETIME DEFAULT CURRENT_TIMESTAMP,"
    " KEY (create_time),"
    " KEY (update_time),"
    " UNIQUE KEY uniq_barrier (gid, branch_id, op, barrier_id)";

// What of a table that is there keeps it from being a barrier; "" when there is none of this name.
absl::StatusOr<std::string> FindMysqlTable(Transaction& tx, const std::string& schema,
                                           const std::string& name) {
  // An empty schema is the connection's own.
  absl::StatusOr<Rows> table = tx.Query(
      "SELECT t.engine, (SELECT COUNT(*) FROM (SELECT GROUP_CONCAT(s.column_name ORDER BY "
      "s.column_name) AS columns FROM information_schema.statistics s WHERE s.non_unique = 0 AND "
      "s.table_schema = IF(? = '', DATABASE(), ?) AND s.table_name = ? GROUP BY s.index_name) k "
      "WHERE k.columns = 'barrier_id,branch_id,gid,op') FROM information_schema.tables t "
      "WHERE t.table_schema = IF(? = '', DATABASE(), ?) AND t.table_name = ?",
      schema, schema, name, schema, schema, name);
  if (!table.ok()) return table.status();
  const absl::StatusOr<bool> found = table->Next();
  if (!found.ok()) return found.status();
  if (!*found) return std::string();
  if (table->Int(1) == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("barrier: the table ", name,
                     " is there, without a unique key over gid, branch_id, op and barrier_id"));
  }
  const std::string engine = table->Text(0);
  if (engine == "MyISAM" || engine == "Aria" || engine == "MEMORY" || engine == "CSV") {
    return absl::FailedPreconditionError(
        absl::StrCat("barrier: the table ", name, " is of the engine ", engine,
                     ", which has no transactions: ALTER TABLE ", name, " ENGINE=InnoDB"));
  }
  return engine;
}

absl::Status CreateMysqlTable(Database& database) {
  const std::vector<std::string> parts = absl::StrSplit(database.barrier_table(), '.');
  const std::string schema = parts.size() == 2 ? parts.front() : "";
  std::string engine;
  const absl::Status looked = database.Read([&](Transaction& tx) -> absl::Status {
    absl::StatusOr<std::string> found = FindMysqlTable(tx, schema, parts.back());
    if (!found.ok()) return found.status();
    engine = *std::move(found);
    return absl::OkStatus();
  });
  // One that is there is left alone: a service needs no right to make tables then.
  if (!looked.ok() || !engine.empty()) return looked;
  return database.Script(absl::StrCat(
      schema.empty() ? "" : absl::StrCat("CREATE DATABASE IF NOT EXISTS ", schema, "; "),
      "CREATE TABLE IF NOT EXISTS ", database.barrier_table(), " (", kMysqlColumns,
      ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"));
}

}  // namespace

absl::string_view Name(BarrierVerdict verdict) {
  switch (verdict) {
    case BarrierVerdict::kRan:
      return "ran";
    case BarrierVerdict::kDuplicate:
      return "duplicate";
    case BarrierVerdict::kNullCompensation:
      return "null_compensation";
    case BarrierVerdict::kHanging:
      return "hanging";
    case BarrierVerdict::kError:
      return "error";
  }
  return "error";
}

absl::Status CreateBarrierTable(Database& database) {
  if (database.dialect() == Dialect::kMysql) return CreateMysqlTable(database);
  return database.Script(absl::StrCat("CREATE TABLE IF NOT EXISTS ", database.barrier_table(),
                                      " ("
                                      " id INTEGER PRIMARY KEY AUTOINCREMENT,"
                                      " trans_type VARCHAR(45) NOT NULL DEFAULT '',"
                                      " gid VARCHAR(128) NOT NULL DEFAULT '',"
                                      " branch_id VARCHAR(128) NOT NULL DEFAULT '',"
                                      " op VARCHAR(45) NOT NULL DEFAULT '',"
                                      " barrier_id VARCHAR(45) NOT NULL DEFAULT '',"
                                      " reason VARCHAR(45) NOT NULL DEFAULT '',"
                                      " create_time DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,"
                                      " update_time DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,"
                                      " UNIQUE (gid, branch_id, op, barrier_id))"));
}

BarrierResult Barrier::Call(Database& database, absl::FunctionRef<Outcome(Transaction&)> work) {
  const std::string barrier_id = absl::StrFormat("%02d", ++calls_);
  BarrierResult result{BarrierVerdict::kError, Outcome::Done()};
  const absl::Status committed = database.Write([&](Transaction& tx) -> absl::Status {
    result = {BarrierVerdict::kError, Outcome::Done()};
    const absl::StatusOr<BarrierVerdict> verdict =
        Entry(tx, database.barrier_table(), context_, barrier_id).Enter();
    if (!verdict.ok()) return verdict.status();
    result.verdict = *verdict;
    if (result.verdict == BarrierVerdict::kRan) {
      result.outcome = work(tx);
      // Any error takes the barrier's rows back too; the outcome says which one it was.
      return result.outcome.ok() ? absl::OkStatus() : absl::CancelledError(kNotDone);
    }
    if (context_.op == Op::kCheckBack) {
      result.outcome =
          Outcome::FailedForGood(absl::StrCat("message ", context_.gid, " was already decided"));
    }
    return absl::OkStatus();
  });
  // What the database says goes before what `work` made of it.
  if (!committed.ok() && !(absl::IsCancelled(committed) && committed.message() == kNotDone)) {
    result.verdict = BarrierVerdict::kError;
    result.outcome = Outcome::From(committed);
  }
  return result;
}

Outcome Barrier::QueryPrepared(Database& database) {
  // The sender's first and only call has the number 01.
  constexpr char kSenderBarrierId[] = "01";
  const BranchContext sender = MessageSenderContext(context_.gid);
  std::string reason;
  const absl::Status committed = database.Write([&](Transaction& tx) -> absl::Status {
    Entry entry(tx, database.barrier_table(), sender, kSenderBarrierId);
    const absl::StatusOr<bool> inserted = entry.Insert(sender.op, kRollbackReason);
    if (!inserted.ok()) return inserted.status();
    absl::StatusOr<std::string> stored = entry.ReadReason(sender.op);
    if (!stored.ok()) return stored.status();
    reason = *std::move(stored);
    return absl::OkStatus();
  });
  if (!committed.ok()) return Outcome::From(committed);
  if (reason != kRollbackReason) return Outcome::Done();
  return Outcome::FailedForGood(
      absl::StrCat("the sender of message ", context_.gid, " did not commit"));
}

}  // namespace saga::participants::sdk
