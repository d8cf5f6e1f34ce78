#pragma once

// What order does, whichever door a request came through. proto/order.proto says what every method
// promises.
//
// Thread safety: thread-safe.

#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "order.pb.h"
#include "participants/order/domain/order.h"
#include "participants/order/handler/transactions.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/client.h"
#include "participants/sdk/database.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::order::handler {

struct ServiceOptions {
  // Artificial processing time of every branch, before its transaction, for demonstrations.
  absl::Duration delay;
  // For the transactions it starts; zero: sagad's setting.
  absl::Duration retry_interval;
};

class OrderService {
 public:
  // `database` is prepared (store::Prepare); it and `sagad` outlive the service. `places` is asked
  // at every start of a transaction.
  OrderService(sdk::Database& database, sdk::Client& sagad, std::function<Places()> places,
               const ServiceOptions& options)
      : database_(database), sagad_(sagad), places_(std::move(places)), options_(options) {}

  absl::StatusOr<::order::v1::OrderInfo> CreateOrder(
      const ::order::v1::CreateOrderRequest& request);
  absl::StatusOr<::order::v1::OrderInfo> GetOrder(const ::order::v1::GetOrderRequest& request);
  absl::StatusOr<::order::v1::ListOrdersResponse> ListOrders(
      const ::order::v1::ListOrdersRequest& request);
  absl::StatusOr<::order::v1::PayNotifyResponse> PayNotify(
      const ::order::v1::PayNotifyRequest& request);
  absl::StatusOr<::order::v1::ReserveResponse> Reserve(const ::order::v1::ReserveRequest& request);

  sdk::Outcome BeginPayment(const sdk::BranchContext& branch,
                            const ::order::v1::PaymentBranch& request);
  sdk::Outcome RevertPayment(const sdk::BranchContext& branch,
                             const ::order::v1::PaymentBranch& request);
  sdk::Outcome ConfirmPayment(const sdk::BranchContext& branch,
                              const ::order::v1::PaymentBranch& request);
  sdk::Outcome UnconfirmPayment(const sdk::BranchContext& branch,
                                const ::order::v1::PaymentBranch& request);

 private:
  // Reads the order, lets `move` change it, writes it back when it did; behind the barrier.
  sdk::Outcome Move(const sdk::BranchContext& branch, int64_t order_id, absl::string_view name,
                    absl::FunctionRef<sdk::Outcome(domain::Order&)> move);
  // NOT_FOUND when there is none.
  absl::StatusOr<domain::Order> Load(int64_t id, const std::string& code);
  sdk::GlobalOptions Options(bool wait_result) const;

  sdk::Database& database_;
  sdk::Client& sagad_;
  const std::function<Places()> places_;
  const ServiceOptions options_;
};

}  // namespace saga::participants::order::handler
