// The purchase and the reservation through real processes, with branches over gRPC and over HTTP.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/participants/shop.h"

namespace saga::participants {
namespace {

using nlohmann::json;
using sdk::BranchCall;
using sdk::Mode;
using sdk::Op;
using sdk::Outcome;
using sdk::OutcomeKind;
using ::testing::HasSubstr;

class Purchase : public ::testing::TestWithParam<std::string> {
 protected:
  Purchase() : shop_(GetParam()) {
    shop_.SetStock(7, 10);
    shop_.SetStock(8, 10);
  }

  // A branch of product as sagad would call it, over the transport under test. HTTP payloads are
  // JSON, gRPC ones are built by hand from the same numbers: StockChange{order_id,
  // items{product_id, size_id, quantity}}, all below 128.
  BranchCall Product(const std::string& method, const std::string& gid, Mode mode, Op op, int order,
                     int product, int quantity) {
    BranchCall call{.context = {gid, mode, "02", op}, .timeout = absl::Seconds(30)};
    if (GetParam() == "http") {
      call.target = absl::StrCat("http://", shop_.product.http(), "/product.v1.Product/", method);
      call.payload =
          json({{"order_id", order},
                {"items", {{{"product_id", product}, {"size_id", 1}, {"quantity", quantity}}}}})
              .dump();
    } else {
      call.target = absl::StrCat(shop_.product.grpc(), "/product.v1.Product/", method);
      call.payload =
          std::string({0x08, static_cast<char>(order), 0x12, 0x06, 0x08, static_cast<char>(product),
                       0x10, 0x01, 0x18, static_cast<char>(quantity)});
    }
    return call;
  }

  Shop shop_;
};

INSTANTIATE_TEST_SUITE_P(Branches, Purchase, ::testing::Values("grpc", "http"),
                         [](const auto& test) { return test.param; });

// business.md, test 1.
TEST_P(Purchase, EndsPaidWithItsStockDeductedOnce) {
  const int64_t id = shop_.CreateOrder("A1", {8, 7}, 3);
  const json paid = shop_.Pay("A1", true);
  EXPECT_EQ(paid["result"], "RESULT_PAID") << paid;
  EXPECT_EQ(paid["gid"], "order_paid-A1");
  json order = shop_.Order(id);
  EXPECT_EQ(order["pay_status"], "PAY_STATUS_PAID");
  EXPECT_EQ(order["ship_status"], "SHIP_STATUS_READY");
  EXPECT_EQ(order["trade_no"], "T-A1");
  EXPECT_EQ(shop_.Stock(7), "7/0");
  EXPECT_EQ(shop_.Stock(8), "7/0");
  EXPECT_EQ(shop_.Journal(id), "deduct");
  const size_t calls = shop_.sagad.calls().size();

  EXPECT_EQ(shop_.Pay("A1", false)["result"], "RESULT_PAID");
  EXPECT_EQ(shop_.Order(id), order) << "a repeated callback changes nothing";
  EXPECT_EQ(shop_.sagad.calls().size(), calls);
}

// business.md, test 2.
TEST_P(Purchase, OutOfStockIsUndoneAndTheReasonIsVisible) {
  const int64_t id = shop_.CreateOrder("A1", {7, 8}, 11);
  const json failed = shop_.Pay("A1", true);
  EXPECT_EQ(failed["result"], "RESULT_FAILED");
  EXPECT_THAT(failed["reason"].get<std::string>(),
              HasSubstr("out of stock: product 7 size 1: wanted 11, free 10"));
  const json order = shop_.Order(id);
  EXPECT_EQ(order["pay_status"], "PAY_STATUS_FAILED");
  EXPECT_THAT(order["pay_error"].get<std::string>(), HasSubstr("order_paid-A1"));
  EXPECT_EQ(shop_.Stock(7), "10/0");
  EXPECT_EQ(shop_.Stock(8), "10/0");
  EXPECT_EQ(shop_.Journal(id), "");
  EXPECT_EQ(shop_.Pay("A1", false)["result"], "RESULT_FAILED");
}

// business.md, test 5: 50 callbacks at once, over two order processes.
TEST_P(Purchase, ManyCallbacksMakeOneTransaction) {
  const int64_t id = shop_.CreateOrder("A1", {7}, 1);
  Participant second("order", shop_.dir.File("order"), shop_.OrderArgs());
  const std::string body =
      json({{"out_trade_no", "A1"}, {"trade_no", "T"}, {"status_code", "0000"}}).dump();
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 50; ++t) {
    threads.emplace_back([&, t] {
      Participant& participant = t % 2 == 0 ? *shop_.order : second;
      const absl::StatusOr<sdk::HttpResponse> response = participant.TryPost("PayNotify", body);
      if (response.ok() && response->status == 200) ++answered;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 50);
  EXPECT_TRUE(shop_.sagad.WaitForStatus("order_paid-A1", "succeed", absl::Seconds(20)));
  EXPECT_THAT(shop_.sagad.Gids(), ::testing::ElementsAre("order_paid-A1"));
  EXPECT_EQ(shop_.Stock(7), "9/0");
  EXPECT_EQ(shop_.Journal(id), "deduct");
  EXPECT_EQ(shop_.Order(id)["version"], "3");
}

TEST_P(Purchase, WithoutWaitingTheCallbackIsAnsweredBeforeTheEnd) {
  const int64_t id = shop_.CreateOrder("A1", {7}, 1);
  shop_.sagad.Hold();
  EXPECT_EQ(shop_.Pay("A1", false)["result"], "RESULT_STARTED");
  EXPECT_EQ(shop_.Order(id)["pay_status"], "PAY_STATUS_PENDING");
  shop_.sagad.Release();
  EXPECT_TRUE(shop_.sagad.WaitForStatus("order_paid-A1", "succeed", absl::Seconds(20)));
  EXPECT_EQ(shop_.Order(id)["pay_status"], "PAY_STATUS_PAID");
}

TEST_P(Purchase, AReservationIsConfirmedCancelledOrRefused) {
  const int64_t kept = shop_.CreateOrder("kept", {7, 8}, 4);
  const int64_t given_back = shop_.CreateOrder("given-back", {7}, 5);
  const int64_t too_much = shop_.CreateOrder("too-much", {8, 7}, 7);
  json answer = shop_.order->Post("Reserve", {{"order_id", kept}, {"wait_result", true}});
  EXPECT_EQ(answer["result"], "RESULT_CONFIRMED") << answer;
  EXPECT_EQ(answer["gid"], "reserve_stock-kept");
  EXPECT_EQ(shop_.Stock(7), "6/0");
  EXPECT_EQ(shop_.Journal(kept), "freeze confirm");

  answer = shop_.order->Post("Reserve",
                             {{"order_id", given_back}, {"cancel", true}, {"wait_result", true}});
  EXPECT_EQ(answer["result"], "RESULT_CANCELLED") << answer;
  EXPECT_EQ(shop_.Stock(7), "6/0");
  EXPECT_EQ(shop_.Journal(given_back), "freeze thaw");

  answer = shop_.order->Post("Reserve", {{"order_id", too_much}, {"wait_result", true}});
  EXPECT_EQ(answer["result"], "RESULT_REFUSED") << answer;
  EXPECT_THAT(answer["reason"].get<std::string>(),
              HasSubstr("out of stock: product 7 size 1: wanted 7, free 6"));
  EXPECT_EQ(shop_.Journal(too_much), "");

  answer = shop_.order->Post("Reserve", {{"order_id", kept}, {"cancel", true}});
  EXPECT_EQ(answer["result"], "RESULT_ALREADY_ENDED");
  EXPECT_EQ(answer["reason"], "transaction is succeed");
  EXPECT_EQ(shop_.Stock(7), "6/0");
  EXPECT_EQ(shop_.Stock(8), "6/0");
}

TEST_P(Purchase, BetweenTryAndDecisionStockIsFrozen) {
  const int64_t id = shop_.CreateOrder("A1", {7}, 4);
  shop_.sagad.Hold();
  EXPECT_EQ(shop_.order->Post("Reserve", {{"order_id", id}})["result"], "RESULT_CONFIRMED");
  EXPECT_EQ(shop_.Stock(7), "10/4");
  shop_.sagad.Release();
  EXPECT_TRUE(shop_.sagad.WaitForStatus("reserve_stock-A1", "succeed", absl::Seconds(20)));
  EXPECT_EQ(shop_.Stock(7), "6/0");
}

// business.md, test 7, and every repeat of it.
TEST_P(Purchase, BranchesInAnyOrderAndNumberHaveOneEffect) {
  const auto call = [&](const std::string& gid, Op op, int order) {
    return shop_.sagad.Call(
        Product(op == Op::kAction ? "Deduct" : "Restore", gid, Mode::kSaga, op, order, 7, 2));
  };
  EXPECT_EQ(call("late", Op::kCompensate, 1), Outcome::Done());
  EXPECT_EQ(call("late", Op::kAction, 1), Outcome::Done());
  EXPECT_EQ(shop_.Stock(7), "10/0");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call("good", Op::kAction, 2), Outcome::Done());
  EXPECT_EQ(shop_.Stock(7), "8/0");
  const Outcome again = call("other", Op::kAction, 2);
  EXPECT_EQ(again.kind(), OutcomeKind::kFailedForGood);
  EXPECT_THAT(again.reason(), HasSubstr("order 2 already deducted by good"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call("good", Op::kCompensate, 2), Outcome::Done());
  EXPECT_EQ(shop_.Stock(7), "10/0");
  EXPECT_EQ(shop_.Journal(2), "deduct restore");
}

TEST_P(Purchase, ConcurrentRepeatsOfOneBranchHaveOneEffect) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&] {
      EXPECT_EQ(shop_.sagad.Call(Product("Deduct", "g", Mode::kSaga, Op::kAction, 1, 7, 2)),
                Outcome::Done());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shop_.Stock(7), "8/0");
}

TEST_P(Purchase, WhatIsNotABranchCallIsNeitherDoneNorRefusedForGood) {
  BranchCall call = Product("Deduct", "", Mode::kSaga, Op::kAction, 1, 7, 2);
  const Outcome outcome = shop_.sagad.Call(call);
  EXPECT_EQ(outcome.kind(), OutcomeKind::kUnknown);
  EXPECT_THAT(outcome.reason(), HasSubstr("gid is missing"));
  call = Product("Deduct", "g", Mode::kSaga, Op::kAction, 1, 7, 2);
  call.payload = "garbage";
  EXPECT_FALSE(shop_.sagad.Call(call).ok());
  EXPECT_EQ(shop_.Stock(7), "10/0");
}

TEST(PurchaseOverHttp, APayloadThatIsNotJsonIsRefusedAndItsUndoEnds) {
  Shop shop("http");
  BranchCall call{
      .target = absl::StrCat("http://", shop.product.http(), "/product.v1.Product/Deduct"),
      .context = {"g", Mode::kSaga, "02", Op::kAction},
      .payload = "{not json"};
  EXPECT_EQ(shop.sagad.Call(call).kind(), OutcomeKind::kFailedForGood);
  call.target = absl::StrCat("http://", shop.product.http(), "/product.v1.Product/Restore");
  call.context.op = Op::kCompensate;
  EXPECT_EQ(shop.sagad.Call(call), Outcome::Done());
}

TEST(PurchaseOverHttp, OrdinaryMethodsAnswerWithHttpStatuses) {
  Shop shop("http");
  EXPECT_EQ(shop.order->TryPost("GetOrder", R"({"order_id": 99})")->status, 404);
  EXPECT_EQ(shop.order->TryPost("CreateOrder", "{}")->status, 400);
  EXPECT_EQ(shop.order->TryPost("CreateOrder", "[1")->status, 400);
  EXPECT_EQ(shop.order->TryPost("NoSuchMethod", "{}")->status, 404);
  EXPECT_EQ(shop.product.TryPost("GetStock", "{}")->status, 404);
  EXPECT_EQ(shop.product.TryPost("ListStock", "{}")->status, 200);
}

}  // namespace
}  // namespace saga::participants
