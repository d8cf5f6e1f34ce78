#pragma once

// A whole participant in one small file: coupons that can be used once. Copy it to start your own;
// participants/README.md explains it line by line, and tests/unit/sdk/coupon_test.cc drives it with
// the fake orchestrator.

#include "absl/status/status.h"
#include "participants/sdk/database.h"
#include "participants/sdk/server.h"

namespace saga::participants::sdk::example {

// Makes the coupons' table, with the coupon SPRING in it, and the barrier's.
[[nodiscard]] absl::Status PrepareCoupons(Database& database);

// POST /coupon/Use (action) and /coupon/GiveBack (compensate), payload {"coupon": "SPRING",
// "order_id": "42"}. `database` must outlive the server.
void AddCouponRoutes(Database& database, ParticipantServer& server);

}  // namespace saga::participants::sdk::example
