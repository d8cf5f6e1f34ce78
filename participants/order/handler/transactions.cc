#include "participants/order/handler/transactions.h"

#include "absl/strings/str_cat.h"
#include "order.pb.h"
#include "participants/sdk/json_skin.h"
#include "product.pb.h"

namespace saga::participants::order::handler {
namespace {

std::string Target(const Places& places, const std::string& address, absl::string_view method) {
  const absl::string_view scheme = places.transport == Transport::kHttp ? "http://" : "";
  return absl::StrCat(scheme, address, "/", method);
}

std::string Payload(const Places& places, const google::protobuf::Message& message) {
  return places.transport == Transport::kHttp ? sdk::ToJson(message) : message.SerializeAsString();
}

std::string StockPayload(const domain::Order& order, const Places& places) {
  ::product::v1::StockChange change;
  change.set_order_id(order.id);
  for (const domain::Item& item : order.items) {
    ::product::v1::StockItem* const added = change.add_items();
    added->set_product_id(item.product_id);
    added->set_size_id(item.size_id);
    added->set_quantity(item.quantity);
  }
  return Payload(places, change);
}

}  // namespace

std::string OrderPaidGid(const domain::Order& order) {
  return sdk::GidFor("order_paid", order.code);
}

std::string ReserveStockGid(const domain::Order& order) {
  return sdk::GidFor("reserve_stock", order.code);
}

sdk::SagaBuilder OrderPaid(const domain::Order& order, const std::string& trade_no,
                           const Places& places) {
  ::order::v1::PaymentBranch payment;
  payment.set_order_id(order.id);
  payment.set_trade_no(trade_no);
  const std::string payload = Payload(places, payment);
  sdk::SagaBuilder saga(OrderPaidGid(order));
  // The last step is the only one that makes the order look paid, so nobody ships what is not
  // deducted yet.
  saga.Step(Target(places, places.order, "order.v1.Order/BeginPayment"),
            Target(places, places.order, "order.v1.Order/RevertPayment"), payload)
      .Step(Target(places, places.product, "product.v1.Product/Deduct"),
            Target(places, places.product, "product.v1.Product/Restore"),
            StockPayload(order, places))
      .Step(Target(places, places.order, "order.v1.Order/ConfirmPayment"),
            Target(places, places.order, "order.v1.Order/UnconfirmPayment"), payload);
  return saga;
}

sdk::TccBranch ReserveStockBranch(const domain::Order& order, const Places& places) {
  return {.try_target = Target(places, places.product, "product.v1.Product/TryFreeze"),
          .confirm = Target(places, places.product, "product.v1.Product/ConfirmDeduct"),
          .cancel = Target(places, places.product, "product.v1.Product/CancelThaw"),
          .payload = StockPayload(order, places)};
}

}  // namespace saga::participants::order::handler
