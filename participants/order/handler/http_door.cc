#include <string>

#include "participants/order/handler/doors.h"
#include "participants/sdk/json_skin.h"

namespace saga::participants::order::handler {
namespace {

using ::order::v1::PaymentBranch;

constexpr char kPath[] = "/order.v1.Order/";

template <typename Request, typename Response>
void AddCall(sdk::ParticipantServer& server, const std::string& method, OrderService& service,
             absl::StatusOr<Response> (OrderService::*call)(const Request&)) {
  server.Route(kPath + method, [&service, call](const sdk::HttpRequest& http) {
    return sdk::ServeCall<Request, Response>(
        http, [&](const Request& request) { return (service.*call)(request); });
  });
}

void AddBranch(sdk::ParticipantServer& server, const std::string& method, OrderService& service,
               sdk::Outcome (OrderService::*call)(const sdk::BranchContext&,
                                                  const PaymentBranch&)) {
  server.Route(kPath + method, [&service, call](const sdk::HttpRequest& http) {
    return sdk::ServeBranch<PaymentBranch>(
        http, [&](const sdk::BranchContext& branch, const PaymentBranch& request) {
          return (service.*call)(branch, request);
        });
  });
}

}  // namespace

void AddHttpRoutes(OrderService& service, sdk::ParticipantServer& server) {
  AddCall(server, "CreateOrder", service, &OrderService::CreateOrder);
  AddCall(server, "GetOrder", service, &OrderService::GetOrder);
  AddCall(server, "ListOrders", service, &OrderService::ListOrders);
  AddCall(server, "PayNotify", service, &OrderService::PayNotify);
  AddCall(server, "Reserve", service, &OrderService::Reserve);
  AddBranch(server, "BeginPayment", service, &OrderService::BeginPayment);
  AddBranch(server, "RevertPayment", service, &OrderService::RevertPayment);
  AddBranch(server, "ConfirmPayment", service, &OrderService::ConfirmPayment);
  AddBranch(server, "UnconfirmPayment", service, &OrderService::UnconfirmPayment);
}

}  // namespace saga::participants::order::handler
