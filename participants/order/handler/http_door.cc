#include <string>

#include "absl/strings/str_cat.h"
#include "participants/order/handler/doors.h"
#include "participants/sdk/method_table.h"

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

std::vector<sdk::Operation> Operations() { return sdk::OperationsOf(kService, kBranches); }

void AddHttpRoutes(OrderService& service, sdk::ParticipantServer& server) {
  sdk::AddCall(server, kService, "CreateOrder", service, &OrderService::CreateOrder);
  sdk::AddCall(server, kService, "GetOrder", service, &OrderService::GetOrder);
  sdk::AddCall(server, kService, "ListOrders", service, &OrderService::ListOrders);
  sdk::AddCall(server, kService, "PayNotify", service, &OrderService::PayNotify);
  sdk::AddCall(server, kService, "Reserve", service, &OrderService::Reserve);
  sdk::AddHttpRoutes(BranchRoutes(service), server);
}

}  // namespace saga::participants::order::handler
