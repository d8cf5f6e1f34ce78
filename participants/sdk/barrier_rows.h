#pragma once

// The rows of the barrier's table that belong to one call: what barrier.h and xa_resource.h are
// made of (protocol 7.3).
//
// Thread safety: that of the transaction.

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/database.h"

namespace saga::participants::sdk {

// The number of a request's first call.
inline constexpr char kFirstBarrierId[] = "01";

// Why a row is there for an op that has not happened and now never will: somebody had to know.
inline constexpr absl::string_view kRollbackReason = "rollback";

class BarrierRows {
 public:
  // All of it outlives this object.
  BarrierRows(Transaction& tx, const std::string& table, const BranchContext& context,
              std::string barrier_id)
      : tx_(tx), table_(table), context_(context), barrier_id_(std::move(barrier_id)) {}

  // True: the row is new. Waits for a transaction that has put it there and is not through yet.
  absl::StatusOr<bool> Insert(Op op, absl::string_view reason);
  // Of the row that is there. NOT_FOUND: there is none; INTERNAL: it is another branch's, which the
  // table's collation takes for this one.
  absl::StatusOr<std::string> ReadReason(Op op);

 private:
  Transaction& tx_;
  const std::string& table_;
  const BranchContext& context_;
  const std::string barrier_id_;
};

}  // namespace saga::participants::sdk
