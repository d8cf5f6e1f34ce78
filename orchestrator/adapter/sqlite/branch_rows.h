#pragma once

// Branches as rows of the tables branch and branch_trouble and back: the only place that knows
// their columns.

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/transaction.h"

namespace saga::adapter::sqlite {

// A branch's key is transaction id * kRowsPerTransaction + row, so that the rows of a transaction
// lie side by side under one integer key. Changing it needs another schema version.
inline constexpr int64_t kRowsPerTransaction = 4096;
static_assert(kRowsPerTransaction > 2 * core::kLargestSteps, "two rows a step and a check-back");

constexpr int64_t KeyOf(int64_t transaction_id, uint32_t row) {
  return transaction_id * kRowsPerTransaction + row;
}

// Writes branches over one connection. Thread safety: that of the connection.
class BranchWriter {
 public:
  int Prepare(const Connection& connection);

  // All of these return SQLITE_OK or an error.

  // A payload that equals the one of the row before is not stored again.
  // A row that is there stays as it is; `*inserted` tells which.
  int Insert(const core::GlobalTransaction& transaction, uint32_t row, int64_t id, bool* inserted);
  // What may change of a row but its payload. One that is not there is inserted.
  int Update(const core::GlobalTransaction& transaction, uint32_t row, int64_t id, bool* inserted);
  // Replaces the payload of a row. The row behind, which may have none of its own because it was
  // the same, keeps what it had.
  int UpdatePayload(const core::GlobalTransaction& transaction, uint32_t row, int64_t id);

 private:
  int RunUpdate(Statement& update, const core::Branch& branch, int64_t key, bool* found);
  int PutTrouble(const core::Branch& branch, int64_t key);

  const Connection* connection_ = nullptr;
  Statement insert_;
  Statement update_untroubled_;  // leaves alone what is in trouble
  Statement update_;
  Statement put_trouble_;
  Statement end_trouble_;
  Statement set_payload_;
  Statement keep_payload_;
};

// The rows of a transaction, from key ?1 to key ?2, in order.
extern const char kSelectBranches[];
// The key of the row that such a statement stands on.
int64_t ReadBranchKey(const Statement& row);
// The branch itself; `payload_before` is that of the row before it. DataLoss: its retry policy is
// unreadable.
absl::Status ReadBranch(const Statement& row, const base::Bytes& payload_before,
                        core::Branch* branch);

}  // namespace saga::adapter::sqlite
