#include "participants/sdk/example/coupon.h"

#include <google/protobuf/struct.pb.h>

#include <string>

#include "participants/sdk/barrier.h"
#include "participants/sdk/json_skin.h"

namespace saga::participants::sdk::example {
namespace {

using Payload = google::protobuf::Struct;

std::string Field(const Payload& payload, const std::string& name) {
  const auto found = payload.fields().find(name);
  return found == payload.fields().end() ? "" : found->second.string_value();
}

Outcome Use(Database& database, const BranchContext& branch, const Payload& payload) {
  const std::string coupon = Field(payload, "coupon");
  const BarrierResult result = Barrier(branch).Call(database, [&](Transaction& tx) -> Outcome {
    const absl::StatusOr<int64_t> used =
        tx.Execute("UPDATE coupons SET order_id = ? WHERE name = ? AND order_id = ''",
                   Field(payload, "order_id"), coupon);
    if (!used.ok()) return Outcome::From(used.status());
    return *used == 1 ? Outcome::Done() : Outcome::FailedForGood("no unused coupon " + coupon);
  });
  return result.outcome;
}

Outcome GiveBack(Database& database, const BranchContext& branch, const Payload& payload) {
  const BarrierResult result = Barrier(branch).Call(database, [&](Transaction& tx) {
    return Outcome::From(
        tx.Execute("UPDATE coupons SET order_id = '' WHERE name = ? AND order_id = ?",
                   Field(payload, "coupon"), Field(payload, "order_id"))
            .status());
  });
  return result.outcome;
}

}  // namespace

absl::Status PrepareCoupons(Database& database) {
  const absl::Status made = database.Migrate(
      "coupon",
      {{.sqlite = "CREATE TABLE coupons (name TEXT PRIMARY KEY, order_id TEXT NOT NULL DEFAULT '');"
                  "INSERT INTO coupons (name) VALUES ('SPRING')",
        .mysql = "CREATE TABLE IF NOT EXISTS coupons (name VARCHAR(32) PRIMARY KEY,"
                 " order_id VARCHAR(64) NOT NULL DEFAULT '') DEFAULT CHARSET=utf8mb4;"
                 "INSERT IGNORE INTO coupons (name) VALUES ('SPRING')"}});
  return made.ok() ? CreateBarrierTable(database) : made;
}

void AddCouponRoutes(Database& database, ParticipantServer& server) {
  server.Route("/coupon/Use", [&database](const HttpRequest& http) {
    return ServeBranch<Payload>(http, [&](const BranchContext& branch, const Payload& payload) {
      return Use(database, branch, payload);
    });
  });
  server.Route("/coupon/GiveBack", [&database](const HttpRequest& http) {
    return ServeBranch<Payload>(http, [&](const BranchContext& branch, const Payload& payload) {
      return GiveBack(database, branch, payload);
    });
  });
}

}  // namespace saga::participants::sdk::example
