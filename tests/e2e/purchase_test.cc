// Purchases through the real sagad, order and product (business.md, tests 1, 2 and 5). What the
// participants do by themselves is tested in tests/integration/participants.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/purchase_shop.h"
#include "tests/fixture/mariadb.h"

namespace saga::e2e {
namespace {

using nlohmann::json;
using participants::Participant;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kActionsDone[] = R"(saga_branch_calls_total{op="action",outcome="success"})";

// How the branches are called, and whether order and product share a MySQL database.
class Purchase : public testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  Purchase() {
    if (std::get<1>(GetParam())) database_.emplace();
  }

  PurchaseShopOptions On(std::vector<std::string> product_args = {}) const {
    return {.branches = std::get<0>(GetParam()),
            .database = database_ ? database_->url() : "",
            .product_args = std::move(product_args)};
  }

 private:
  std::optional<fixture::Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Branches, Purchase,
                         testing::Combine(testing::Values("grpc", "http"), testing::Bool()),
                         [](const auto& test) {
                           return absl::StrCat(std::get<0>(test.param),
                                               std::get<1>(test.param) ? "Mysql" : "Sqlite");
                         });

// Test 1.
TEST_P(Purchase, IsPaidAndItsStockLeavesOnce) {
  PurchaseShop shop(On());
  shop.SetStock(7, 10);
  const int64_t id = shop.CreateOrder("A-1", 7, 3);
  const json paid = shop.Notify(*shop.order, "A-1", true);
  EXPECT_EQ(paid["result"], "RESULT_PAID") << paid;
  const json order = shop.Order(id);
  EXPECT_EQ(order["pay_status"], "PAY_STATUS_PAID");
  EXPECT_EQ(order["gid"], "order_paid-A-1");
  EXPECT_EQ(shop.Stock(7), "7/0");
  EXPECT_EQ(shop.Journal(id), "deduct");
  EXPECT_EQ(StatusOf(shop.sagad.http_address(), "order_paid-A-1"), "succeed");
  EXPECT_EQ(shop.Metric(kActionsDone), 3);

  EXPECT_EQ(shop.Notify(*shop.order, "A-1", true)["result"], "RESULT_PAID");
  EXPECT_EQ(shop.Order(id), order) << "a repeated callback changes nothing";
  EXPECT_EQ(shop.Stock(7), "7/0");
  EXPECT_EQ(shop.Journal(id), "deduct");
  EXPECT_EQ(shop.Metric(kActionsDone), 3);
}

// Test 2.
TEST_P(Purchase, OutOfStockIsUndoneAtOnceAndSaysWhy) {
  PurchaseShop shop(On());
  shop.SetStock(7, 10);
  const int64_t id = shop.CreateOrder("A-1", 7, 11);
  const absl::Time begin = absl::Now();
  const json failed = shop.Notify(*shop.order, "A-1", true);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(3)) << "the deadline of one branch call";
  EXPECT_EQ(failed["result"], "RESULT_FAILED") << failed;
  EXPECT_THAT(failed.value("reason", ""),
              HasSubstr("out of stock: product 7 size 1: wanted 11, free 10"));
  const json order = shop.Order(id);
  EXPECT_EQ(order["pay_status"], "PAY_STATUS_FAILED");
  EXPECT_THAT(order.value("pay_error", ""), HasSubstr("order_paid-A-1"));
  EXPECT_EQ(shop.Stock(7), "10/0");
  EXPECT_EQ(shop.Journal(id), "");
  EXPECT_THAT(shop.Transactions(), ElementsAre(Pair("failed", 1)));
}

TEST_P(Purchase, AReservationFreezesThenTakesOrGivesBack) {
  PurchaseShop shop(On());
  shop.SetStock(7, 10);
  const int64_t kept = shop.CreateOrder("R-1", 7, 4);
  const int64_t given_back = shop.CreateOrder("R-2", 7, 5);
  const int64_t too_much = shop.CreateOrder("R-3", 7, 7);
  EXPECT_EQ(shop.Reserve(kept, false)["result"], "RESULT_CONFIRMED");
  EXPECT_EQ(shop.Stock(7), "6/0");
  EXPECT_EQ(shop.Reserve(given_back, true)["result"], "RESULT_CANCELLED");
  EXPECT_EQ(shop.Stock(7), "6/0");
  const json refused = shop.Reserve(too_much, false);
  EXPECT_EQ(refused["result"], "RESULT_REFUSED");
  EXPECT_THAT(refused.value("reason", ""), HasSubstr("wanted 7, free 6"));
  EXPECT_EQ(shop.Journal(kept), "freeze confirm");
  EXPECT_EQ(shop.Journal(given_back), "freeze thaw");
  EXPECT_EQ(shop.Journal(too_much), "");
  EXPECT_THAT(shop.Transactions(), ElementsAre(Pair("failed", 2), Pair("succeed", 1)));
}

// Test 5: slow enough that all 50 arrive while the first is under way.
TEST_P(Purchase, FiftyCallbacksAtTwoProcessesAreOneTransaction) {
  PurchaseShop shop(On({"--delay-ms", "500"}));
  shop.SetStock(7, 10);
  const int64_t id = shop.CreateOrder("A-1", 7, 1);
  Participant second = shop.MoreOrder();
  std::atomic<int> under_way = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 50; ++t) {
    threads.emplace_back([&, t] {
      const json answer = shop.Notify(t % 2 == 0 ? *shop.order : second, "A-1", t % 5 == 0);
      if (answer != nullptr) ++taken;
      if (answer.value("result", "") == "RESULT_STARTED") ++under_way;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 50);
  EXPECT_GT(under_way, 1) << "the callbacks did not meet";
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
    return StatusOf(shop.sagad.http_address(), "order_paid-A-1") == "succeed";
  }));
  EXPECT_THAT(shop.Transactions(), ElementsAre(Pair("succeed", 1)));
  EXPECT_EQ(shop.Metric(kActionsDone), 3) << "each branch was called once";
  EXPECT_EQ(shop.Stock(7), "9/0");
  EXPECT_EQ(shop.Journal(id), "deduct");
  EXPECT_EQ(shop.Order(id)["version"], "3") << "pending, processing, paid";
}

}  // namespace
}  // namespace saga::e2e
