// Order's rules and its store, without a server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "participants/order/domain/order.h"
#include "participants/order/handler/service.h"
#include "participants/order/store/order_store.h"
#include "participants/sdk/database.h"
#include "participants/sdk/testing/fake_orchestrator.h"
#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::order {
namespace {

using domain::Order;
using domain::PayStatus;
using domain::ShipStatus;
using sdk::Mode;
using sdk::Op;
using sdk::Outcome;
using sdk::OutcomeKind;
using ::testing::HasSubstr;

Order NewOrder(const std::string& code) {
  return {.user_id = 5, .code = code, .items = {{7, 1, 2, 250}, {8, 1, 1, 100}}};
}

TEST(OrderDomain, NewOrdersAreChecked) {
  Order order = NewOrder("A-1");
  EXPECT_EQ(domain::CheckNew(order), "");
  EXPECT_EQ(order.price_cents, 600);

  const auto wrong = [](auto change) {
    Order changed = NewOrder("A-1");
    change(changed);
    return domain::CheckNew(changed);
  };
  EXPECT_THAT(wrong([](Order& o) { o.code = ""; }), HasSubstr("order_code"));
  EXPECT_THAT(wrong([](Order& o) { o.code = std::string(101, 'x'); }), HasSubstr("order_code"));
  EXPECT_THAT(wrong([](Order& o) { o.code = "a b"; }), HasSubstr("order_code"));
  EXPECT_THAT(wrong([](Order& o) { o.items.clear(); }), HasSubstr("items"));
  EXPECT_THAT(wrong([](Order& o) { o.items[0].quantity = 0; }), HasSubstr("quantity"));
  EXPECT_THAT(wrong([](Order& o) { o.items[0].price_cents = -1; }), HasSubstr("price_cents"));
  EXPECT_THAT(wrong([](Order& o) { o.items[1] = o.items[0]; }), HasSubstr("twice"));
}

// Every move from every status: allowed, done already, or refused without any change.
TEST(OrderDomain, MovesFollowTheDiagram) {
  enum class Move { kBegin, kRevert, kConfirm, kUnconfirm };
  const auto make = [](Order& order, Move move, const std::string& gid) {
    switch (move) {
      case Move::kBegin:
        return domain::BeginPayment(order, gid, "T1");
      case Move::kRevert:
        return domain::RevertPayment(order, gid);
      case Move::kConfirm:
        return domain::ConfirmPayment(order, gid, "now");
      case Move::kUnconfirm:
        return domain::UnconfirmPayment(order, gid);
    }
    return Outcome::Unknown("");
  };
  struct Row {
    PayStatus from;
    // To which status begin, revert, confirm, unconfirm lead for the transaction that holds the
    // order.
    std::vector<std::optional<PayStatus>> to;
  };
  const PayStatus processing = PayStatus::kProcessing;
  const std::vector<Row> table = {
      {PayStatus::kPending, {processing, std::nullopt, std::nullopt, std::nullopt}},
      {PayStatus::kProcessing, {processing, PayStatus::kFailed, PayStatus::kPaid, processing}},
      {PayStatus::kPaid, {std::nullopt, std::nullopt, PayStatus::kPaid, processing}},
      {PayStatus::kFailed, {std::nullopt, PayStatus::kFailed, std::nullopt, std::nullopt}},
  };
  for (const Row& row : table) {
    for (const Move move : {Move::kBegin, Move::kRevert, Move::kConfirm, Move::kUnconfirm}) {
      Order order = NewOrder("A-1");
      order.pay_status = row.from;
      if (row.from != PayStatus::kPending) order.gid = "g";
      Order others = order;
      const std::optional<PayStatus> to = row.to[static_cast<size_t>(move)];
      const Outcome outcome = make(order, move, "g");
      EXPECT_EQ(outcome.ok(), to.has_value())
          << domain::Name(row.from) << " " << static_cast<int>(move);
      EXPECT_EQ(order.pay_status, to.value_or(row.from));
      if (row.from == PayStatus::kPending) continue;
      EXPECT_EQ(make(others, move, "another").kind(), OutcomeKind::kFailedForGood);
      EXPECT_EQ(others.pay_status, row.from) << "another transaction changes nothing";
    }
  }
}

TEST(OrderDomain, AFailedOrderSaysWhereToLook) {
  Order order = NewOrder("A-1");
  EXPECT_TRUE(domain::BeginPayment(order, "order_paid-A-1", "T1").ok());
  EXPECT_EQ(order.trade_no, "T1");
  EXPECT_TRUE(domain::RevertPayment(order, "order_paid-A-1").ok());
  EXPECT_THAT(order.pay_error, HasSubstr("order_paid-A-1"));
  EXPECT_EQ(order.ship_status, ShipStatus::kReset);
}

class OrderServiceTest : public ::testing::TestWithParam<sdk::Dialect> {
 protected:
  OrderServiceTest()
      : database_(place_.Open()),
        sagad_(fake_.address()),
        service_(*database_, sagad_,
                 [] { return handler::Places{.order = "127.0.0.1:1", .product = "127.0.0.1:1"}; },
                 {}) {
    EXPECT_TRUE(store::Prepare(*database_).ok());
  }

  static ::order::v1::CreateOrderRequest CreateRequest(const std::string& code) {
    ::order::v1::CreateOrderRequest request;
    request.set_user_id(5);
    request.set_order_code(code);
    auto* const item = request.add_items();
    item->set_product_id(7);
    item->set_size_id(1);
    item->set_quantity(2);
    item->set_price_cents(250);
    return request;
  }
  int64_t Create(const std::string& code) {
    return service_.CreateOrder(CreateRequest(code)).value().order_id();
  }

  ::order::v1::OrderInfo Get(int64_t id) {
    ::order::v1::GetOrderRequest request;
    request.set_order_id(id);
    return service_.GetOrder(request).value();
  }

  using Branch = Outcome (handler::OrderService::*)(const sdk::BranchContext&,
                                                    const ::order::v1::PaymentBranch&);
  Outcome Call(Branch branch, const std::string& gid, const std::string& branch_id, Op op,
               int64_t id) {
    ::order::v1::PaymentBranch payload;
    payload.set_order_id(id);
    payload.set_trade_no("T1");
    return (service_.*branch)({gid, Mode::kSaga, branch_id, op}, payload);
  }

  sdk::DatabaseUnderTest place_{GetParam()};
  sdk::testing::FakeOrchestrator fake_;
  std::unique_ptr<sdk::Database> database_;
  sdk::Client sagad_;
  handler::OrderService service_;
};

INSTANTIATE_TEST_SUITE_P(Databases, OrderServiceTest, sdk::EachDialect(), sdk::DialectName);

TEST_P(OrderServiceTest, TheSameOrderTwiceIsOneOrder) {
  const int64_t id = Create("A-1");
  EXPECT_EQ(Create("A-1"), id);
  ::order::v1::CreateOrderRequest other = CreateRequest("A-1");
  other.set_user_id(6);
  EXPECT_EQ(service_.CreateOrder(other).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(service_.CreateOrder(CreateRequest("no spaces")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(OrderServiceTest, ListsByPage) {
  std::vector<int64_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Create("A-" + std::to_string(i)));
  ::order::v1::ListOrdersRequest request;
  request.set_after_order_id(ids[1]);
  request.set_limit(2);
  const auto page = service_.ListOrders(request);
  ASSERT_EQ(page->orders_size(), 2);
  EXPECT_EQ(page->orders(0).order_code(), "A-2");
  EXPECT_EQ(page->orders(1).items_size(), 1);
  request.set_limit(1001);
  EXPECT_EQ(service_.ListOrders(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(OrderServiceTest, PaymentMovesAreVisibleAndRepeatable) {
  using Service = handler::OrderService;
  const int64_t id = Create("A-1");
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(Call(&Service::BeginPayment, "g", "01", Op::kAction, id).ok());
  EXPECT_EQ(Get(id).pay_status(), ::order::v1::PAY_STATUS_PROCESSING);
  EXPECT_EQ(Get(id).version(), 2);
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(Call(&Service::ConfirmPayment, "g", "03", Op::kAction, id).ok());
  EXPECT_EQ(Get(id).pay_status(), ::order::v1::PAY_STATUS_PAID);
  EXPECT_EQ(Get(id).ship_status(), ::order::v1::SHIP_STATUS_READY);
  EXPECT_NE(Get(id).pay_time(), "");
  EXPECT_EQ(Get(id).version(), 3);
}

TEST_P(OrderServiceTest, AConfirmThatWasUndoneIsUndoneStepByStep) {
  using Service = handler::OrderService;
  const int64_t id = Create("A-1");
  EXPECT_TRUE(Call(&Service::BeginPayment, "g", "01", Op::kAction, id).ok());
  EXPECT_TRUE(Call(&Service::ConfirmPayment, "g", "03", Op::kAction, id).ok());
  EXPECT_TRUE(Call(&Service::UnconfirmPayment, "g", "03", Op::kCompensate, id).ok());
  EXPECT_TRUE(Call(&Service::RevertPayment, "g", "01", Op::kCompensate, id).ok());
  EXPECT_EQ(Get(id).pay_status(), ::order::v1::PAY_STATUS_FAILED);
  EXPECT_EQ(Get(id).pay_time(), "");
  EXPECT_TRUE(Call(&Service::ConfirmPayment, "g", "03", Op::kAction, id).ok())
      << "late, and without effect";
  EXPECT_EQ(Get(id).pay_status(), ::order::v1::PAY_STATUS_FAILED);
}

TEST_P(OrderServiceTest, UnknownOrdersFailForGoodAndTheirUndoEnds) {
  using Service = handler::OrderService;
  EXPECT_EQ(Call(&Service::BeginPayment, "g", "01", Op::kAction, 999),
            Outcome::FailedForGood("no order 999"));
  EXPECT_EQ(Call(&Service::RevertPayment, "g", "01", Op::kCompensate, 999), Outcome::Done());
}

// business.md, test 6: whoever read the order earlier and writes later sees that it lost.
TEST_P(OrderServiceTest, TheVersionDecidesARace) {
  const int64_t id = Create("A-1");
  EXPECT_TRUE(Call(&handler::OrderService::BeginPayment, "g", "01", Op::kAction, id).ok());
  const auto read = [&] {
    Order order;
    EXPECT_TRUE(database_
                    ->Read([&](sdk::Transaction& tx) -> absl::Status {
                      absl::StatusOr<std::optional<Order>> found = store::Find(tx, id);
                      if (!found.ok()) return found.status();
                      order = **found;
                      return absl::OkStatus();
                    })
                    .ok());
    return order;
  };
  const auto write = [&](const Order& before, const Order& after) {
    bool updated = false;
    EXPECT_TRUE(database_
                    ->Write([&](sdk::Transaction& tx) -> absl::Status {
                      const absl::StatusOr<bool> result = store::Update(tx, before, after, "now");
                      if (!result.ok()) return result.status();
                      updated = *result;
                      return absl::OkStatus();
                    })
                    .ok());
    return updated;
  };
  const Order seen_by_confirm = read();
  const Order seen_by_revert = read();
  Order confirmed = seen_by_confirm;
  Order reverted = seen_by_revert;
  EXPECT_TRUE(domain::ConfirmPayment(confirmed, "g", "now").ok());
  EXPECT_TRUE(domain::RevertPayment(reverted, "g").ok());
  EXPECT_TRUE(write(seen_by_confirm, confirmed));
  EXPECT_FALSE(write(seen_by_revert, reverted));
  EXPECT_EQ(read().pay_status, PayStatus::kPaid);
  EXPECT_EQ(read().pay_error, "");
}

// The same race through the branches, from threads and two connections: one of the two ends stands,
// whole.
TEST_P(OrderServiceTest, ConfirmAndRevertRaceToOneEnd) {
  using Service = handler::OrderService;
  const std::unique_ptr<sdk::Database> second_database = place_.Open();
  Service second(*second_database, sagad_, [] { return handler::Places{}; }, {});
  for (int round = 0; round < 20; ++round) {
    const int64_t id = Create("race-" + std::to_string(round));
    const std::string gid = "g" + std::to_string(round);
    ASSERT_TRUE(Call(&Service::BeginPayment, gid, "01", Op::kAction, id).ok());
    std::thread confirm(
        [&] { static_cast<void>(Call(&Service::ConfirmPayment, gid, "03", Op::kAction, id)); });
    ::order::v1::PaymentBranch payload;
    payload.set_order_id(id);
    static_cast<void>(second.RevertPayment({gid, Mode::kSaga, "01", Op::kCompensate}, payload));
    confirm.join();
    const ::order::v1::OrderInfo order = Get(id);
    EXPECT_EQ(order.version(), 3) << "exactly one of the two changed it";
    if (order.pay_status() == ::order::v1::PAY_STATUS_PAID) {
      EXPECT_EQ(order.ship_status(), ::order::v1::SHIP_STATUS_READY);
      EXPECT_EQ(order.pay_error(), "");
    } else {
      EXPECT_EQ(order.pay_status(), ::order::v1::PAY_STATUS_FAILED);
      EXPECT_EQ(order.ship_status(), ::order::v1::SHIP_STATUS_RESET);
      EXPECT_EQ(order.pay_time(), "");
    }
  }
}

TEST_P(OrderServiceTest, TheSameOrderFromManyAtOnceIsOneOrder) {
  std::array<int64_t, 8> ids{};
  std::vector<std::thread> threads;
  for (int64_t& id : ids) threads.emplace_back([&] { id = Create("A-1"); });
  for (std::thread& thread : threads) thread.join();
  for (const int64_t id : ids) EXPECT_EQ(id, ids[0]);
  EXPECT_EQ(Get(ids[0]).items_size(), 1);
}

TEST_P(OrderServiceTest, APaymentThatDidNotArriveStartsNothing) {
  Create("A-1");
  ::order::v1::PayNotifyRequest request;
  request.set_out_trade_no("A-1");
  request.set_status_code("9999");
  const auto response = service_.PayNotify(request);
  EXPECT_EQ(response->result(), ::order::v1::PayNotifyResponse::RESULT_NOT_PAID);
  EXPECT_TRUE(fake_.Gids().empty());
  request.set_out_trade_no("unknown");
  EXPECT_EQ(service_.PayNotify(request).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(OrderServiceTest, WithoutAnAnswerFromSagadTheCallbackIsToBeRepeated) {
  Create("A-1");
  ::order::v1::PayNotifyRequest request;
  request.set_out_trade_no("A-1");
  request.set_status_code("0000");
  fake_.Hold();
  fake_.LoseNextAnswer();
  EXPECT_EQ(service_.PayNotify(request).status().code(), absl::StatusCode::kUnavailable);
  const auto repeated = service_.PayNotify(request);
  EXPECT_EQ(repeated->result(), ::order::v1::PayNotifyResponse::RESULT_STARTED);
  EXPECT_THAT(fake_.Gids(), ::testing::ElementsAre("order_paid-A-1"));
  fake_.AnswerNext(absl::ResourceExhaustedError("full"));
  EXPECT_EQ(service_.PayNotify(request).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace saga::participants::order
