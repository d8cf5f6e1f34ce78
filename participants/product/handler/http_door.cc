#include <string>

#include "absl/strings/str_cat.h"
#include "participants/product/handler/doors.h"
#include "participants/sdk/method_table.h"

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

std::vector<sdk::Operation> Operations() { return sdk::OperationsOf(kService, kBranches); }

void AddHttpRoutes(ProductService& service, sdk::ParticipantServer& server) {
  sdk::AddCall(server, kService, "SetStock", service, &ProductService::SetStock);
  sdk::AddCall(server, kService, "GetStock", service, &ProductService::GetStock);
  sdk::AddCall(server, kService, "ListStock", service, &ProductService::ListStock);
  sdk::AddHttpRoutes(BranchRoutes(service), server);
}

}  // namespace saga::participants::product::handler
