#include "participants/sdk/example/account.h"

#include <google/protobuf/struct.pb.h>

#include <string>

#include "participants/sdk/barrier.h"
#include "participants/sdk/json_skin.h"
#include "participants/sdk/xa_skin.h"

namespace saga::participants::sdk::example {
namespace {

using Payload = google::protobuf::Struct;

std::string AccountIn(const Payload& payload) {
  const auto found = payload.fields().find("account");
  return found == payload.fields().end() ? "" : found->second.string_value();
}

int64_t CentsIn(const Payload& payload) {
  const auto found = payload.fields().find("cents");
  return found == payload.fields().end() ? 0 : static_cast<int64_t>(found->second.number_value());
}

Outcome Add(Transaction& tx, const Payload& payload) {
  const int64_t cents = CentsIn(payload);
  const absl::StatusOr<int64_t> changed =
      tx.Execute("UPDATE accounts SET cents = cents + ? WHERE name = ? AND cents + ? >= 0", cents,
                 AccountIn(payload), cents);
  if (!changed.ok()) return Outcome::From(changed.status());
  return *changed == 1
             ? Outcome::Done()
             : Outcome::FailedForGood("no account " + AccountIn(payload) + ", or not enough in it");
}

absl::StatusOr<Payload> Open(Database& database, const Payload& payload) {
  const absl::Status done = database.Write([&](Transaction& tx) {
    return tx
        .Execute(
            "INSERT INTO accounts (name, cents) VALUES (?, ?) "
            "ON DUPLICATE KEY UPDATE cents = VALUES(cents)",
            AccountIn(payload), CentsIn(payload))
        .status();
  });
  if (!done.ok()) return done;
  return payload;
}

absl::StatusOr<Payload> Get(Database& database, const Payload& payload) {
  Payload answer;
  const absl::Status read = database.Read([&](Transaction& tx) -> absl::Status {
    absl::StatusOr<Rows> rows =
        tx.Query("SELECT cents FROM accounts WHERE name = ?", AccountIn(payload));
    if (!rows.ok()) return rows.status();
    const absl::StatusOr<bool> found = rows->Next();
    if (!found.ok()) return found.status();
    if (!*found) return absl::NotFoundError("no account " + AccountIn(payload));
    (*answer.mutable_fields())["cents"].set_number_value(static_cast<double>(rows->Int(0)));
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return answer;
}

}  // namespace

absl::Status PrepareAccounts(Database& database) {
  const absl::Status made = database.Migrate(
      "account",
      {{.sqlite = "",
        .mysql =
            "CREATE TABLE IF NOT EXISTS accounts (name VARCHAR(64) PRIMARY KEY,"
            " cents BIGINT NOT NULL CHECK (cents >= 0)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"}});
  return made.ok() ? CreateBarrierTable(database) : made;
}

void AddAccountRoutes(Database& database, XaResource& xa, ParticipantServer& server) {
  server.Route("/account/Add",
               [&xa](const HttpRequest& http) { return ServeXa<Payload>(http, xa, Add); });
  server.Route("/account/Open", [&database](const HttpRequest& http) {
    return ServeCall<Payload, Payload>(
        http, [&](const Payload& payload) { return Open(database, payload); });
  });
  server.Route("/account/Get", [&database](const HttpRequest& http) {
    return ServeCall<Payload, Payload>(
        http, [&](const Payload& payload) { return Get(database, payload); });
  });
}

}  // namespace saga::participants::sdk::example
