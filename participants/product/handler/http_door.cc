#include <string>

#include "absl/strings/str_cat.h"
#include "participants/product/handler/doors.h"
#include "participants/sdk/json_skin.h"

namespace saga::participants::product::handler {
namespace {

using ::product::v1::StockChange;

constexpr char kService[] = "product.v1.Product/";

struct BranchRow {
  const char* name;
  domain::Kind change;
  const char* kind;  // as registered
};

constexpr BranchRow kBranches[] = {
    {"Deduct", domain::Kind::kDeduct, "action"},
    {"Restore", domain::Kind::kRestore, "compensate"},
    {"TryFreeze", domain::Kind::kFreeze, "try"},
    {"ConfirmDeduct", domain::Kind::kConfirm, "confirm"},
    {"CancelThaw", domain::Kind::kThaw, "cancel"},
};

template <typename Request, typename Response>
void AddCall(sdk::ParticipantServer& server, const std::string& method, ProductService& service,
             absl::StatusOr<Response> (ProductService::*call)(const Request&)) {
  server.Route(absl::StrCat("/", kService, method), [&service, call](const sdk::HttpRequest& http) {
    return sdk::ServeCall<Request, Response>(
        http, [&](const Request& request) { return (service.*call)(request); });
  });
}

}  // namespace

sdk::CommandRoutes BranchRoutes(ProductService& service) {
  sdk::CommandRoutes routes;
  for (const BranchRow& row : kBranches) {
    routes.Add<StockChange>(absl::StrCat(kService, row.name),
                            [&service, change = row.change](const sdk::BranchContext& branch,
                                                            const StockChange& request) {
                              return service.ChangeStock(change, branch, request);
                            });
  }
  return routes;
}

std::vector<sdk::Operation> Operations() {
  std::vector<sdk::Operation> operations;
  for (const BranchRow& row : kBranches)
    operations.push_back({row.name, absl::StrCat(kService, row.name), row.kind});
  return operations;
}

void AddHttpRoutes(ProductService& service, sdk::ParticipantServer& server) {
  AddCall(server, "SetStock", service, &ProductService::SetStock);
  AddCall(server, "GetStock", service, &ProductService::GetStock);
  AddCall(server, "ListStock", service, &ProductService::ListStock);
  sdk::AddHttpRoutes(BranchRoutes(service), server);
}

}  // namespace saga::participants::product::handler
