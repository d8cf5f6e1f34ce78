#include "participants/sdk/barrier.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "participants/sdk/barrier_rows.h"

namespace saga::participants::sdk {
namespace {

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
    case Op::kCommit:
    case Op::kRollback:
      return std::nullopt;
  }
  return std::nullopt;
}

// What the rows say; writes them. kRan: run the change.
absl::StatusOr<BarrierVerdict> Enter(Transaction& tx, const std::string& table,
                                     const BranchContext& context, const std::string& barrier_id) {
  BarrierRows rows(tx, table, context, barrier_id);
  bool origin_was_missing = false;
  if (const std::optional<Op> origin = OriginOf(context.op); origin.has_value()) {
    const absl::StatusOr<bool> inserted = rows.Insert(*origin, WireName(context.op));
    if (!inserted.ok()) return inserted.status();
    origin_was_missing = *inserted;
    // Undoing what another transaction did is worse than anything else.
    if (!origin_was_missing && tx.dialect() == Dialect::kMysql) {
      if (const absl::Status ours = rows.ReadReason(*origin).status(); !ours.ok()) return ours;
    }
  }
  const absl::StatusOr<bool> inserted = rows.Insert(context.op, WireName(context.op));
  if (!inserted.ok()) return inserted.status();
  if (origin_was_missing) return BarrierVerdict::kNullCompensation;
  if (*inserted) return BarrierVerdict::kRan;
  // Somebody was here before: this op itself, or the one that undoes it.
  const absl::StatusOr<std::string> reason = rows.ReadReason(context.op);
  if (!reason.ok()) return reason.status();
  return *reason == WireName(context.op) ? BarrierVerdict::kDuplicate : BarrierVerdict::kHanging;
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
  if (context_.mode == Mode::kXa) {
    return {BarrierVerdict::kError,
            Outcome::Unknown("a branch of XA, at a method that is not made for it")};
  }
  const std::string barrier_id = absl::StrFormat("%02d", ++calls_);
  BarrierResult result{BarrierVerdict::kError, Outcome::Done()};
  const absl::Status committed = database.Write([&](Transaction& tx) -> absl::Status {
    result = {BarrierVerdict::kError, Outcome::Done()};
    const absl::StatusOr<BarrierVerdict> verdict =
        Enter(tx, database.barrier_table(), context_, barrier_id);
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
  // The sender's first and only call.
  const BranchContext sender = MessageSenderContext(context_.gid);
  std::string reason;
  const absl::Status committed = database.Write([&](Transaction& tx) -> absl::Status {
    BarrierRows rows(tx, database.barrier_table(), sender, kFirstBarrierId);
    const absl::StatusOr<bool> inserted = rows.Insert(sender.op, kRollbackReason);
    if (!inserted.ok()) return inserted.status();
    absl::StatusOr<std::string> stored = rows.ReadReason(sender.op);
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
