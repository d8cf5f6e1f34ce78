#pragma once

// Two-phase commit in one small file: accounts between which money moves by XA, also between
// databases. A transfer is two calls, one at each account's service; nobody ever sees the money
// gone here and not yet there. account_main.cc makes a program of it, participants/README.md
// explains it, and tests/e2e/xa_test.cc kills it at every point.

#include "absl/status/status.h"
#include "participants/sdk/database.h"
#include "participants/sdk/server.h"
#include "participants/sdk/xa_resource.h"

namespace saga::participants::sdk::example {

// Makes the accounts' table, and the barrier's.
[[nodiscard]] absl::Status PrepareAccounts(Database& database);

// POST /account/Add, the branch of XA, payload {"account": "a", "cents": -30}: refused for good
// when there is no such account or not as much in it. And for everybody: POST /account/Open
// {"account": "a", "cents": 100}, which sets what is in it, and POST /account/Get {"account": "a"},
// which answers {"cents": 100}. All must outlive the server.
void AddAccountRoutes(Database& database, XaResource& xa, ParticipantServer& server);

}  // namespace saga::participants::sdk::example
