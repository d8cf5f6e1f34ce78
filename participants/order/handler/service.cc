#include "participants/order/handler/service.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "participants/order/store/order_store.h"
#include "participants/sdk/barrier.h"
#include "participants/sdk/log_line.h"

namespace saga::participants::order::handler {
namespace {

using domain::Order;
using domain::PayStatus;
using ::order::v1::PayNotifyResponse;
using ::order::v1::ReserveResponse;
using sdk::Outcome;
using sdk::StartKind;
using sdk::StartResult;
using sdk::Transaction;

constexpr char kPaidCode[] = "0000";  // what the payment provider says for a payment that arrived
constexpr int64_t kDefaultPage = 100;
constexpr int64_t kMaxPage = 1000;

std::string Now() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
}

::order::v1::OrderInfo ToProto(const Order& order) {
  ::order::v1::OrderInfo proto;
  proto.set_order_id(order.id);
  proto.set_user_id(order.user_id);
  proto.set_order_code(order.code);
  proto.set_pay_status(static_cast<::order::v1::PayStatus>(order.pay_status));
  proto.set_ship_status(static_cast<::order::v1::ShipStatus>(order.ship_status));
  proto.set_pay_error(order.pay_error);
  proto.set_trade_no(order.trade_no);
  proto.set_pay_time(order.pay_time);
  proto.set_price_cents(order.price_cents);
  proto.set_version(order.version);
  proto.set_gid(order.gid);
  for (const domain::Item& item : order.items) {
    ::order::v1::OrderItem* const added = proto.add_items();
    added->set_product_id(item.product_id);
    added->set_size_id(item.size_id);
    added->set_quantity(item.quantity);
    added->set_price_cents(item.price_cents);
  }
  proto.set_created_at(order.created_at);
  proto.set_updated_at(order.updated_at);
  return proto;
}

Order FromProto(const ::order::v1::CreateOrderRequest& request) {
  Order order{.user_id = request.user_id(), .code = request.order_code()};
  for (const auto& item : request.items()) {
    order.items.push_back({item.product_id(), item.size_id(), item.quantity(), item.price_cents()});
  }
  return order;
}

// The error of a call that cannot say how the transaction stands; nullopt for the other kinds.
std::optional<absl::Status> StartError(const StartResult& result, const std::string& gid) {
  switch (result.kind) {
    case StartKind::kRefused:
      return absl::InternalError(absl::StrCat("sagad refused ", gid, ": ", result.reason));
    case StartKind::kUnknown:
      return absl::UnavailableError(
          absl::StrCat("no answer about ", gid, ", repeat the request: ", result.reason));
    case StartKind::kStarted:
    case StartKind::kSucceeded:
    case StartKind::kFailed:
    case StartKind::kAlreadyDecided:
      return std::nullopt;
  }
  return std::nullopt;
}

PayNotifyResponse::Result PaymentResult(const StartResult& result) {
  switch (result.kind) {
    case StartKind::kSucceeded:
      return PayNotifyResponse::RESULT_PAID;
    case StartKind::kFailed:
      return PayNotifyResponse::RESULT_FAILED;
    case StartKind::kAlreadyDecided:
      if (result.status == "succeed") return PayNotifyResponse::RESULT_PAID;
      if (result.status == "failed" || result.status == "aborting")
        return PayNotifyResponse::RESULT_FAILED;
      return PayNotifyResponse::RESULT_STARTED;
    case StartKind::kStarted:
    case StartKind::kRefused:
    case StartKind::kUnknown:
      return PayNotifyResponse::RESULT_STARTED;
  }
  return PayNotifyResponse::RESULT_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<::order::v1::OrderInfo> OrderService::CreateOrder(
    const ::order::v1::CreateOrderRequest& request) {
  Order wanted = FromProto(request);
  if (const std::string wrong = domain::CheckNew(wanted); !wrong.empty())
    return absl::InvalidArgumentError(wrong);
  Order order;
  const auto create = [&] {
    return database_.Write([&](Transaction& tx) -> absl::Status {
      order = wanted;
      absl::StatusOr<std::optional<Order>> known = store::FindByCode(tx, order.code);
      if (!known.ok()) return known.status();
      if (!known->has_value()) return store::Insert(tx, order, Now());
      if ((*known)->user_id != order.user_id || (*known)->items != order.items) {
        return absl::AlreadyExistsError(
            absl::StrCat("order ", order.code, " exists with another content"));
      }
      order = *std::move(*known);
      return absl::OkStatus();
    });
  };
  absl::Status done = create();
  // Stored by another request between the look and the insert: now it can be compared.
  if (absl::IsAlreadyExists(done)) done = create();
  if (!done.ok()) return done;
  return ToProto(order);
}

absl::StatusOr<Order> OrderService::Load(int64_t id, const std::string& code) {
  std::optional<Order> found;
  const absl::Status done = database_.Read([&](Transaction& tx) -> absl::Status {
    absl::StatusOr<std::optional<Order>> read =
        id != 0 ? store::Find(tx, id) : store::FindByCode(tx, code);
    if (!read.ok()) return read.status();
    found = *std::move(read);
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  if (!found.has_value())
    return absl::NotFoundError(id != 0 ? absl::StrCat("no order ", id) : "no order " + code);
  return *std::move(found);
}

absl::StatusOr<::order::v1::OrderInfo> OrderService::GetOrder(
    const ::order::v1::GetOrderRequest& request) {
  const absl::StatusOr<Order> order = Load(request.order_id(), request.order_code());
  if (!order.ok()) return order.status();
  return ToProto(*order);
}

absl::StatusOr<::order::v1::ListOrdersResponse> OrderService::ListOrders(
    const ::order::v1::ListOrdersRequest& request) {
  if (request.limit() < 0 || request.limit() > kMaxPage) {
    return absl::InvalidArgumentError(absl::StrCat("limit must be 0 to ", kMaxPage));
  }
  ::order::v1::ListOrdersResponse response;
  const absl::Status done = database_.Read([&](Transaction& tx) -> absl::Status {
    const int64_t limit = request.limit() == 0 ? kDefaultPage : request.limit();
    const absl::StatusOr<std::vector<Order>> orders =
        store::List(tx, request.after_order_id(), limit);
    if (!orders.ok()) return orders.status();
    for (const Order& order : *orders) *response.add_orders() = ToProto(order);
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return response;
}

sdk::GlobalOptions OrderService::Options(bool wait_result) const {
  return {.wait_result = wait_result, .retry_interval = options_.retry_interval};
}

absl::StatusOr<PayNotifyResponse> OrderService::PayNotify(
    const ::order::v1::PayNotifyRequest& request) {
  const absl::StatusOr<Order> order = Load(0, request.out_trade_no());
  if (!order.ok()) return order.status();
  const std::string gid = OrderPaidGid(*order);
  PayNotifyResponse response;
  response.set_gid(gid);
  if (request.status_code() != kPaidCode) {
    response.set_result(PayNotifyResponse::RESULT_NOT_PAID);
    response.set_reason(
        absl::StrCat("status_code is '", request.status_code(), "', not '", kPaidCode, "'"));
  } else if (order->pay_status == PayStatus::kPaid) {
    // Nothing needs asking. Had sagad the last word here, a repeat would have to wait for it.
    response.set_result(PayNotifyResponse::RESULT_PAID);
  } else if (order->pay_status == PayStatus::kFailed) {
    response.set_result(PayNotifyResponse::RESULT_FAILED);
    response.set_reason(order->pay_error);
  } else {
    sdk::SagaBuilder saga = OrderPaid(*order, request.trade_no(), places_());
    saga.Options(Options(request.wait_result()));
    const StartResult started = sagad_.Submit(saga);
    if (std::optional<absl::Status> error = StartError(started, gid); error.has_value())
      return *error;
    response.set_result(PaymentResult(started));
    response.set_reason(started.kind == StartKind::kAlreadyDecided
                            ? "transaction is " + started.status
                            : started.reason);
  }
  sdk::LogLine(sdk::LogLevel::kInfo, "payment notified")
      .Set("gid", gid)
      .Set("order_id", order->id)
      .Set("result", PayNotifyResponse::Result_Name(response.result()))
      .Set("reason", response.reason());
  return response;
}

absl::StatusOr<ReserveResponse> OrderService::Reserve(const ::order::v1::ReserveRequest& request) {
  const absl::StatusOr<Order> order = Load(request.order_id(), "");
  if (!order.ok()) return order.status();
  const std::string gid = ReserveStockGid(*order);
  ReserveResponse response;
  response.set_gid(gid);
  sdk::Tcc tcc(sagad_, gid, Options(request.wait_result()));
  const StartResult prepared = tcc.Prepare();
  if (std::optional<absl::Status> error = StartError(prepared, gid); error.has_value())
    return *error;
  StartResult decided;
  if (prepared.kind == StartKind::kAlreadyDecided) {
    decided = prepared;
  } else if (const Outcome tried = tcc.Try(ReserveStockBranch(*order, places_())); !tried.ok()) {
    response.set_result(ReserveResponse::RESULT_REFUSED);
    response.set_reason(tried.reason());
    decided = tcc.Abort(tried.reason());
  } else if (request.cancel()) {
    response.set_result(ReserveResponse::RESULT_CANCELLED);
    decided = tcc.Abort("cancelled on request");
  } else {
    response.set_result(ReserveResponse::RESULT_CONFIRMED);
    decided = tcc.Submit();
  }
  if (std::optional<absl::Status> error = StartError(decided, gid); error.has_value())
    return *error;
  if (decided.kind == StartKind::kAlreadyDecided) {
    response.set_result(ReserveResponse::RESULT_ALREADY_ENDED);
    response.set_reason("transaction is " + decided.status);
  }
  sdk::LogLine(sdk::LogLevel::kInfo, "stock reserved")
      .Set("gid", gid)
      .Set("order_id", order->id)
      .Set("result", ReserveResponse::Result_Name(response.result()))
      .Set("reason", response.reason());
  return response;
}

Outcome OrderService::Move(const sdk::BranchContext& branch, int64_t order_id,
                           absl::string_view name, absl::FunctionRef<Outcome(Order&)> move) {
  absl::SleepFor(options_.delay);
  const sdk::BarrierResult result =
      sdk::Barrier(branch).Call(database_, [&](Transaction& tx) -> Outcome {
        const absl::StatusOr<std::optional<Order>> read = store::FindLocked(tx, order_id);
        if (!read.ok()) return Outcome::From(read.status());
        if (!read->has_value()) return Outcome::FailedForGood(absl::StrCat("no order ", order_id));
        const Order& before = **read;
        Order after = before;
        if (Outcome moved = move(after); !moved.ok() || after.pay_status == before.pay_status)
          return moved;
        const absl::StatusOr<bool> updated = store::Update(tx, before, after, Now());
        if (!updated.ok()) return Outcome::From(updated.status());
        return *updated
                   ? Outcome::Done()
                   : Outcome::TryLater(absl::StrCat("order ", before.code, " changed meanwhile"));
      });
  sdk::LogLine(result.outcome.ok() ? sdk::LogLevel::kInfo : sdk::LogLevel::kWarning, "branch")
      .Branch(branch)
      .Set("order_id", order_id)
      .Set("change", name)
      .Set("outcome", sdk::Name(result.outcome.kind()))
      .Set("barrier", sdk::Name(result.verdict))
      .Set("reason", result.outcome.reason());
  return result.outcome;
}

Outcome OrderService::BeginPayment(const sdk::BranchContext& branch,
                                   const ::order::v1::PaymentBranch& request) {
  return Move(branch, request.order_id(), "begin_payment", [&](Order& order) {
    return domain::BeginPayment(order, branch.gid, request.trade_no());
  });
}

Outcome OrderService::RevertPayment(const sdk::BranchContext& branch,
                                    const ::order::v1::PaymentBranch& request) {
  return Move(branch, request.order_id(), "revert_payment",
              [&](Order& order) { return domain::RevertPayment(order, branch.gid); });
}

Outcome OrderService::ConfirmPayment(const sdk::BranchContext& branch,
                                     const ::order::v1::PaymentBranch& request) {
  return Move(branch, request.order_id(), "confirm_payment",
              [&](Order& order) { return domain::ConfirmPayment(order, branch.gid, Now()); });
}

Outcome OrderService::UnconfirmPayment(const sdk::BranchContext& branch,
                                       const ::order::v1::PaymentBranch& request) {
  return Move(branch, request.order_id(), "unconfirm_payment",
              [&](Order& order) { return domain::UnconfirmPayment(order, branch.gid); });
}

}  // namespace saga::participants::order::handler
