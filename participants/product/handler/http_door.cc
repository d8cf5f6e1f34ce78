#include <string>

#include "participants/product/handler/doors.h"
#include "participants/sdk/json_skin.h"

namespace saga::participants::product::handler {
namespace {

constexpr char kPath[] = "/product.v1.Product/";

template <typename Request, typename Response>
void AddCall(sdk::ParticipantServer& server, const std::string& method, ProductService& service,
             absl::StatusOr<Response> (ProductService::*call)(const Request&)) {
  server.Route(kPath + method, [&service, call](const sdk::HttpRequest& http) {
    return sdk::ServeCall<Request, Response>(
        http, [&](const Request& request) { return (service.*call)(request); });
  });
}

void AddBranch(sdk::ParticipantServer& server, const std::string& method, ProductService& service,
               domain::Kind kind) {
  server.Route(kPath + method, [&service, kind](const sdk::HttpRequest& http) {
    return sdk::ServeBranch<::product::v1::StockChange>(
        http, [&](const sdk::BranchContext& branch, const ::product::v1::StockChange& request) {
          return service.ChangeStock(kind, branch, request);
        });
  });
}

}  // namespace

void AddHttpRoutes(ProductService& service, sdk::ParticipantServer& server) {
  AddCall(server, "SetStock", service, &ProductService::SetStock);
  AddCall(server, "GetStock", service, &ProductService::GetStock);
  AddCall(server, "ListStock", service, &ProductService::ListStock);
  AddBranch(server, "Deduct", service, domain::Kind::kDeduct);
  AddBranch(server, "Restore", service, domain::Kind::kRestore);
  AddBranch(server, "TryFreeze", service, domain::Kind::kFreeze);
  AddBranch(server, "ConfirmDeduct", service, domain::Kind::kConfirm);
  AddBranch(server, "CancelThaw", service, domain::Kind::kThaw);
}

}  // namespace saga::participants::product::handler
