#pragma once

// Orders in the service's own database. A change states the version and the payment status it was
// made from; the number of rows tells whether that still held.
//
// Thread safety: stateless functions on a transaction; the transaction belongs to one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "participants/order/domain/order.h"
#include "participants/sdk/database.h"

namespace saga::participants::order::store {

// Makes the tables, the barrier's included. FAILED_PRECONDITION: made by a program with another
// schema.
[[nodiscard]] absl::Status Prepare(sdk::Database& database);

// Stores a new order and sets its id, version and times. ALREADY_EXISTS: the code is taken.
[[nodiscard]] absl::Status Insert(sdk::Transaction& tx, domain::Order& order,
                                  const std::string& now);

absl::StatusOr<std::optional<domain::Order>> Find(sdk::Transaction& tx, int64_t id);
// The same, for who is about to change it: others wait until `tx` has ended.
absl::StatusOr<std::optional<domain::Order>> FindLocked(sdk::Transaction& tx, int64_t id);
absl::StatusOr<std::optional<domain::Order>> FindByCode(sdk::Transaction& tx,
                                                        const std::string& code);
// By ascending id.
absl::StatusOr<std::vector<domain::Order>> List(sdk::Transaction& tx, int64_t after_id,
                                                int64_t limit);

// Writes `after` over `before`. False: the stored order is not `before` any more (its version or
// payment status is another), and nothing was changed. Items are never changed.
absl::StatusOr<bool> Update(sdk::Transaction& tx, const domain::Order& before,
                            const domain::Order& after, const std::string& now);

}  // namespace saga::participants::order::store
