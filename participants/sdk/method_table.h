#pragma once

// A service whose methods stand in tables: what its doors and its registration are made of.
//
// Thread safety: free functions; call them before the server starts.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "participants/sdk/json_skin.h"
#include "participants/sdk/registration.h"
#include "participants/sdk/server.h"

namespace saga::participants::sdk {

// POST /<prefix><method>, with JSON: an ordinary method of `service`, which must outlive the
// server. `prefix` is "order.v1.Order/".
template <typename Service, typename Request, typename Response>
void AddCall(ParticipantServer& server, absl::string_view prefix, absl::string_view method,
             Service& service, absl::StatusOr<Response> (Service::*call)(const Request&)) {
  server.Route(absl::StrCat("/", prefix, method), [&service, call](const HttpRequest& http) {
    return ServeCall<Request, Response>(
        http, [&](const Request& request) { return (service.*call)(request); });
  });
}

// The branch methods of a table as they are registered at sagad: a row has a `name` and the `kind`
// of the branch.
template <typename Table>
std::vector<Operation> OperationsOf(absl::string_view prefix, const Table& table) {
  std::vector<Operation> operations;
  for (const auto& row : table)
    operations.push_back({row.name, absl::StrCat(prefix, row.name), row.kind});
  return operations;
}

}  // namespace saga::participants::sdk
