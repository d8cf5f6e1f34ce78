#pragma once

// The branch methods of a service by name, each written down once and reached over HTTP and as a
// command through Kafka:
//
//   CommandRoutes routes;
//   routes.Add<StockChange>("product.v1.Product/Deduct",
//                           [&](const BranchContext& branch, const StockChange& change) {
//                             return service.Deduct(branch, change);
//                           });
//   AddHttpRoutes(routes, server);
//
// Thread safety: Add first, then any thread.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "participants/sdk/branch_method.h"
#include "participants/sdk/server.h"

namespace saga::participants::sdk {

class CommandRoutes {
 public:
  // `name`: "package.Service/Method", or an HTTP path; a slash in front makes no difference.
  void Add(absl::string_view name, BranchMethod method);
  template <typename Payload>
  void Add(absl::string_view name,
           std::function<Outcome(const BranchContext&, const Payload&)> method) {
    Add(name, MethodOf<Payload>(std::move(method)));
  }

  // `name` as a command or a URL has it, with or without a query; null when there is none.
  const BranchMethod* Find(absl::string_view name) const;

  // By name, without a slash in front.
  const std::map<std::string, BranchMethod>& methods() const { return methods_; }

 private:
  std::map<std::string, BranchMethod> methods_;
};

// POST /<name> for each. `routes` is copied.
void AddHttpRoutes(const CommandRoutes& routes, ParticipantServer& server);

}  // namespace saga::participants::sdk
