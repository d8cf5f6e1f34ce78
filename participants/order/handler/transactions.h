#pragma once

// The global transactions that order starts: which branches they have and where these are. The one
// place that knows the participants' methods.
//
// Thread safety: values and free functions, no shared state.

#include <string>

#include "absl/time/time.h"
#include "participants/order/domain/order.h"
#include "participants/sdk/client.h"

namespace saga::participants::order::handler {

// How the orchestrator reaches the branches: at an address, or by the name of a participant that
// registered there, whichever instance that is then. All carry the same messages; HTTP carries them
// as JSON.
enum class Transport { kGrpc, kHttp, kRegistered };

struct Places {
  Transport transport = Transport::kGrpc;
  // "host:port" of this service's door for `transport`, as sagad sees it; kRegistered: the gRPC
  // one.
  std::string order;
  std::string product;  // the same of product
};

// The saga order_paid: order.BeginPayment, product.Deduct, order.ConfirmPayment.
sdk::SagaBuilder OrderPaid(const domain::Order& order, const std::string& trade_no,
                           const Places& places);
std::string OrderPaidGid(const domain::Order& order);

// The TCC reserve_stock has one branch: product's TryFreeze, ConfirmDeduct, CancelThaw.
sdk::TccBranch ReserveStockBranch(const domain::Order& order, const Places& places);
std::string ReserveStockGid(const domain::Order& order);

}  // namespace saga::participants::order::handler
