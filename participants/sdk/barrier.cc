#include "participants/sdk/barrier.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace saga::participants::sdk {
namespace {

constexpr absl::string_view kRollbackReason = "rollback";

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

// True: the row is new.
absl::StatusOr<bool> Insert(Transaction& tx, const BranchContext& context, Op op,
                            const std::string& barrier_id, absl::string_view reason) {
  const absl::StatusOr<int64_t> inserted = tx.Execute(
      "INSERT INTO barrier (trans_type, gid, branch_id, op, barrier_id, reason) "
      "VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (gid, branch_id, op, barrier_id) DO NOTHING",
      WireName(context.mode), context.gid, context.branch_id, WireName(op), barrier_id, reason);
  if (!inserted.ok()) return inserted.status();
  return *inserted > 0;
}

absl::StatusOr<std::string> ReadReason(Transaction& tx, const BranchContext& context,
                                       const std::string& barrier_id) {
  absl::StatusOr<Rows> rows = tx.Query(
      "SELECT reason FROM barrier WHERE gid = ? AND branch_id = ? AND op = ? AND barrier_id = ?",
      context.gid, context.branch_id, WireName(context.op), barrier_id);
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<bool> found = rows->Next();
  if (!found.ok()) return found.status();
  if (!*found) return absl::InternalError("barrier: the row that was just met is gone");
  return rows->Text(0);
}

// What the barrier rows say; writes them. kRan: run the change.
absl::StatusOr<BarrierVerdict> Enter(Transaction& tx, const BranchContext& context,
                                     const std::string& barrier_id) {
  bool origin_was_missing = false;
  if (const std::optional<Op> origin = OriginOf(context.op); origin.has_value()) {
    const absl::StatusOr<bool> inserted =
        Insert(tx, context, *origin, barrier_id, WireName(context.op));
    if (!inserted.ok()) return inserted.status();
    origin_was_missing = *inserted;
  }
  const absl::StatusOr<bool> inserted =
      Insert(tx, context, context.op, barrier_id, WireName(context.op));
  if (!inserted.ok()) return inserted.status();
  if (origin_was_missing) return BarrierVerdict::kNullCompensation;
  if (*inserted) return BarrierVerdict::kRan;
  // Somebody was here before: this op itself, or the one that undoes it.
  const absl::StatusOr<std::string> reason = ReadReason(tx, context, barrier_id);
  if (!reason.ok()) return reason.status();
  return *reason == WireName(context.op) ? BarrierVerdict::kDuplicate : BarrierVerdict::kHanging;
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
  return database.Script(
      "CREATE TABLE IF NOT EXISTS barrier ("
      " id INTEGER PRIMARY KEY AUTOINCREMENT,"
      " trans_type VARCHAR(45) NOT NULL DEFAULT '',"
      " gid VARCHAR(128) NOT NULL DEFAULT '',"
      " branch_id VARCHAR(128) NOT NULL DEFAULT '',"
      " op VARCHAR(45) NOT NULL DEFAULT '',"
      " barrier_id VARCHAR(45) NOT NULL DEFAULT '',"
      " reason VARCHAR(45) NOT NULL DEFAULT '',"
      " create_time DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,"
      " update_time DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,"
      " UNIQUE (gid, branch_id, op, barrier_id))");
}

BarrierResult Barrier::Call(Database& database, absl::FunctionRef<Outcome(Transaction&)> work) {
  const std::string barrier_id = absl::StrFormat("%02d", ++calls_);
  BarrierResult result{BarrierVerdict::kError, Outcome::Done()};
  const absl::Status committed = database.Write([&](Transaction& tx) -> absl::Status {
    const absl::StatusOr<BarrierVerdict> verdict = Enter(tx, context_, barrier_id);
    if (!verdict.ok()) return verdict.status();
    result.verdict = *verdict;
    if (result.verdict == BarrierVerdict::kRan) {
      result.outcome = work(tx);
      // Any error takes the barrier's rows back too; the outcome says which one it was.
      return result.outcome.ok() ? absl::OkStatus() : absl::CancelledError("not done");
    }
    if (context_.op == Op::kCheckBack) {
      result.outcome =
          Outcome::FailedForGood(absl::StrCat("message ", context_.gid, " was already decided"));
    }
    return absl::OkStatus();
  });
  if (!committed.ok() && result.outcome.ok()) {
    result.verdict = BarrierVerdict::kError;
    result.outcome = Outcome::From(committed);
  }
  return result;
}

Outcome Barrier::QueryPrepared(Database& database) {
  // The sender's first and only call has the number 01.
  constexpr absl::string_view kSenderBarrierId = "01";
  const BranchContext sender = MessageSenderContext(context_.gid);
  const std::string barrier_id(kSenderBarrierId);
  std::string reason;
  const absl::Status committed = database.Write([&](Transaction& tx) -> absl::Status {
    const absl::StatusOr<bool> inserted =
        Insert(tx, sender, sender.op, barrier_id, kRollbackReason);
    if (!inserted.ok()) return inserted.status();
    absl::StatusOr<std::string> stored = ReadReason(tx, sender, barrier_id);
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
