#include "participants/order/handler/transactions.h"

#include "absl/strings/str_cat.h"
#include "order.pb.h"
#include "participants/sdk/json_skin.h"
#include "product.pb.h"

namespace saga::participants::order::handler {
namespace {

std::string Target(Transport transport, absl::string_view participant, absl::string_view address,
                   absl::string_view service, absl::string_view method) {
  switch (transport) {
    case Transport::kGrpc:
      return absl::StrCat(address, "/", service, "/", method);
    case Transport::kHttp:
      return absl::StrCat("http://", address, "/", service, "/", method);
    case Transport::kRegistered:
      return absl::StrCat("participant://", participant, "/", method);
  }
  return "";
}

std::string OrderTarget(const Places& places, absl::string_view method) {
  return Target(places.transport, "order", places.order, "order.v1.Order", method);
}

std::string ProductTarget(Transport transport, const Places& places, absl::string_view method) {
  return Target(transport, "product", places.product, "product.v1.Product", method);
}

std::string ProductTarget(const Places& places, absl::string_view method) {
  return ProductTarget(places.transport, places, method);
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
  saga.Step(OrderTarget(places, "BeginPayment"), OrderTarget(places, "RevertPayment"), payload)
      .Step(ProductTarget(places, "Deduct"), ProductTarget(places, "Restore"),
            StockPayload(order, places))
      .Step(OrderTarget(places, "ConfirmPayment"), OrderTarget(places, "UnconfirmPayment"),
            payload);
  return saga;
}

sdk::TccBranch ReserveStockBranch(const domain::Order& order, const Places& places) {
  // The try is called from here, where names of participants are not known.
  const Transport own =
      places.transport == Transport::kRegistered ? Transport::kGrpc : places.transport;
  return {.try_target = ProductTarget(own, places, "TryFreeze"),
          .confirm = ProductTarget(places, "ConfirmDeduct"),
          .cancel = ProductTarget(places, "CancelThaw"),
          .payload = StockPayload(order, places)};
}

}  // namespace saga::participants::order::handler
