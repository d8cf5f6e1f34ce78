#include "participants/order/domain/order.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace saga::participants::order::domain {
namespace {

using sdk::Outcome;

Outcome Refuse(const Order& order, absl::string_view move) {
  return Outcome::FailedForGood(absl::StrCat("order ", order.code, " is ", Name(order.pay_status),
                                             order.gid.empty() ? "" : " by ", order.gid, ", ", move,
                                             " is not possible"));
}

}  // namespace

absl::string_view Name(PayStatus status) {
  switch (status) {
    case PayStatus::kPending:
      return "pending";
    case PayStatus::kProcessing:
      return "processing";
    case PayStatus::kPaid:
      return "paid";
    case PayStatus::kFailed:
      return "failed";
  }
  return "";
}

std::string CheckNew(Order& order) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  };
  if (order.code.empty() || order.code.size() > kMaxCodeBytes ||
      !std::all_of(order.code.begin(), order.code.end(), allowed)) {
    return "order_code must be 1 to 100 letters, digits, '-', '_' or '.'";
  }
  if (order.items.empty() || order.items.size() > kMaxItems) return "an order has 1 to 1000 items";
  std::set<std::pair<int64_t, int64_t>> seen;
  order.price_cents = 0;
  for (const Item& item : order.items) {
    const std::string name = absl::StrCat("product ", item.product_id, " size ", item.size_id);
    if (item.product_id < 1 || item.size_id < 0)
      return "product_id must be at least 1 and size_id at least 0";
    if (item.quantity < 1 || item.quantity > kMaxQuantity) {
      return absl::StrCat(name, ": quantity must be 1 to ", kMaxQuantity);
    }
    if (item.price_cents < 0 || item.price_cents > kMaxPriceCents) {
      return absl::StrCat(name, ": price_cents must be 0 to ", kMaxPriceCents);
    }
    if (!seen.emplace(item.product_id, item.size_id).second)
      return absl::StrCat(name, " is listed twice");
    order.price_cents += item.quantity * item.price_cents;
  }
  return "";
}

Outcome BeginPayment(Order& order, const std::string& gid, const std::string& trade_no) {
  if (order.pay_status == PayStatus::kProcessing && order.gid == gid) return Outcome::Done();
  if (order.pay_status != PayStatus::kPending) return Refuse(order, "a payment");
  order.pay_status = PayStatus::kProcessing;
  order.gid = gid;
  order.trade_no = trade_no;
  return Outcome::Done();
}

Outcome RevertPayment(Order& order, const std::string& gid) {
  if (order.pay_status == PayStatus::kFailed && order.gid == gid) return Outcome::Done();
  if (order.pay_status != PayStatus::kProcessing || order.gid != gid)
    return Refuse(order, "reverting its payment");
  order.pay_status = PayStatus::kFailed;
  order.ship_status = ShipStatus::kReset;
  order.pay_error =
      absl::StrCat("the payment was undone by ", gid, "; the reason: sagactl describe ", gid);
  return Outcome::Done();
}

Outcome ConfirmPayment(Order& order, const std::string& gid, const std::string& now) {
  if (order.pay_status == PayStatus::kPaid && order.gid == gid) return Outcome::Done();
  if (order.pay_status != PayStatus::kProcessing || order.gid != gid)
    return Refuse(order, "confirming its payment");
  order.pay_status = PayStatus::kPaid;
  order.ship_status = ShipStatus::kReady;
  order.pay_time = now;
  return Outcome::Done();
}

Outcome UnconfirmPayment(Order& order, const std::string& gid) {
  if (order.pay_status == PayStatus::kProcessing && order.gid == gid) return Outcome::Done();
  if (order.pay_status != PayStatus::kPaid || order.gid != gid)
    return Refuse(order, "unconfirming its payment");
  order.pay_status = PayStatus::kProcessing;
  order.ship_status = ShipStatus::kNone;
  order.pay_time.clear();
  return Outcome::Done();
}

}  // namespace saga::participants::order::domain
