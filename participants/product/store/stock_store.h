#pragma once

// Stock and its journal in the service's own database. Every change is conditional: it states what
// must be true, and the number of rows tells whether it was. Nothing is read, computed and written
// back.
//
// Thread safety: stateless functions on a transaction; the transaction belongs to one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "participants/product/domain/stock.h"
#include "participants/sdk/database.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::product::store {

struct Stock {
  int64_t product_id = 0;
  int64_t size_id = 0;
  int64_t stock = 0;
  int64_t frozen = 0;
  int64_t version = 0;
};

// Makes the tables, the barrier's included. FAILED_PRECONDITION: made by a program with another
// schema.
[[nodiscard]] absl::Status Prepare(sdk::Database& database);

// Makes the row or changes its stock. FAILED_PRECONDITION: fewer than are frozen.
[[nodiscard]] absl::Status SetStock(sdk::Transaction& tx, int64_t product_id, int64_t size_id,
                                    int64_t stock);
absl::StatusOr<std::optional<Stock>> GetStock(sdk::Transaction& tx, int64_t product_id,
                                              int64_t size_id);
absl::StatusOr<std::vector<Stock>> ListStock(sdk::Transaction& tx);

// Until the end of `tx` no other transaction comes past this for the same order: what the journal
// says stays true until it is written.
[[nodiscard]] absl::Status LockOrder(sdk::Transaction& tx, int64_t order_id);

absl::StatusOr<std::vector<domain::JournalEntry>> ReadJournal(sdk::Transaction& tx,
                                                              int64_t order_id);

// Changes the rows of `lines`, in their order, and writes the journal row. FailedForGood when a
// condition does not hold; the transaction must then be rolled back, because earlier lines are
// changed already.
sdk::Outcome Apply(sdk::Transaction& tx, domain::Kind kind, int64_t order_id,
                   const std::string& gid, const std::vector<domain::Line>& lines);

}  // namespace saga::participants::product::store
