#include <string>

#include "absl/strings/str_cat.h"
#include "participants/order/handler/doors.h"
#include "participants/sdk/json_skin.h"

namespace saga::participants::order::handler {
namespace {

using ::order::v1::PaymentBranch;

constexpr char kService[] = "order.v1.Order/";

struct BranchRow {
  const char* name;
  sdk::Outcome (OrderService::*call)(const sdk::BranchContext&, const PaymentBranch&);
  const char* kind;  // as registered
};

constexpr BranchRow kBranches[] = {
    {"BeginPayment", &OrderService::BeginPayment, "action"},
    {"RevertPayment", &OrderService::RevertPayment, "compensate"},
    {"ConfirmPayment", &OrderService::ConfirmPayment, "action"},
    {"UnconfirmPayment", &OrderService::UnconfirmPayment, "compensate"},
};

template <typename Request, typename Response>
void AddCall(sdk::ParticipantServer& server, const std::string& method, OrderService& service,
             absl::StatusOr<Response> (OrderService::*call)(const Request&)) {
  server.Route(absl::StrCat("/", kService, method), [&service, call](const sdk::HttpRequest& http) {
    return sdk::ServeCall<Request, Response>(
        http, [&](const Request& request) { return (service.*call)(request); });
  });
}

}  // namespace

sdk::CommandRoutes BranchRoutes(OrderService& service) {
  sdk::CommandRoutes routes;
  for (const BranchRow& row : kBranches) {
    routes.Add<PaymentBranch>(absl::StrCat(kService, row.name),
                              [&service, call = row.call](const sdk::BranchContext& branch,
                                                          const PaymentBranch& request) {
                                return (service.*call)(branch, request);
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

void AddHttpRoutes(OrderService& service, sdk::ParticipantServer& server) {
  AddCall(server, "CreateOrder", service, &OrderService::CreateOrder);
  AddCall(server, "GetOrder", service, &OrderService::GetOrder);
  AddCall(server, "ListOrders", service, &OrderService::ListOrders);
  AddCall(server, "PayNotify", service, &OrderService::PayNotify);
  AddCall(server, "Reserve", service, &OrderService::Reserve);
  sdk::AddHttpRoutes(BranchRoutes(service), server);
}

}  // namespace saga::participants::order::handler
