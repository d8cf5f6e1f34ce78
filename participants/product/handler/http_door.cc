#include <string>

#include "absl/strings/str_cat.h"
#include "participants/product/handler/doors.h"
#include "participants/sdk/json_skin.h"

namespace saga::participants::product::handler {
namespace {

using ::product::v1::StockChange;

constexpr char kService[] = "product.v1.Product/";

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
  const auto add = [&](const std::string& method, domain::Kind kind) {
    routes.Add<StockChange>(kService + method, [&service, kind](const sdk::BranchContext& branch,
                                                                const StockChange& request) {
      return service.ChangeStock(kind, branch, request);
    });
  };
  add("Deduct", domain::Kind::kDeduct);
  add("Restore", domain::Kind::kRestore);
  add("TryFreeze", domain::Kind::kFreeze);
  add("ConfirmDeduct", domain::Kind::kConfirm);
  add("CancelThaw", domain::Kind::kThaw);
  return routes;
}

void AddHttpRoutes(ProductService& service, sdk::ParticipantServer& server) {
  AddCall(server, "SetStock", service, &ProductService::SetStock);
  AddCall(server, "GetStock", service, &ProductService::GetStock);
  AddCall(server, "ListStock", service, &ProductService::ListStock);
  sdk::AddHttpRoutes(BranchRoutes(service), server);
}

}  // namespace saga::participants::product::handler
