#include "participants/sdk/barrier_rows.h"

#include "absl/strings/str_cat.h"

namespace saga::participants::sdk {

absl::StatusOr<bool> BarrierRows::Insert(Op op, absl::string_view reason) {
  const absl::StatusOr<int64_t> inserted = tx_.Execute(
      absl::StrCat("INSERT INTO ", table_,
                   " (trans_type, gid, branch_id, op, barrier_id, reason) "
                   "VALUES (?, ?, ?, ?, ?, ?)"),
      WireName(context_.mode), context_.gid, context_.branch_id, WireName(op), barrier_id_, reason);
  if (absl::IsAlreadyExists(inserted.status())) return false;
  if (!inserted.ok()) return inserted.status();
  return true;
}

absl::StatusOr<std::string> BarrierRows::ReadReason(Op op) {
  absl::StatusOr<Rows> rows =
      tx_.Query(absl::StrCat("SELECT reason, gid, branch_id FROM ", table_,
                             " WHERE gid = ? AND branch_id = ? AND op = ? AND barrier_id = ?"),
                context_.gid, context_.branch_id, WireName(op), barrier_id_);
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<bool> found = rows->Next();
  if (!found.ok()) return found.status();
  if (!*found) return absl::NotFoundError("barrier: there is no such row");
  if (rows->Text(1) != context_.gid || rows->Text(2) != context_.branch_id) {
    return absl::InternalError(absl::StrCat(
        "barrier: the collation of ", table_, " takes branch ", context_.branch_id, " of '",
        context_.gid, "' for branch ", rows->Text(2), " of '", rows->Text(1), "'"));
  }
  return rows->Text(0);
}

}  // namespace saga::participants::sdk
