// kill -9 of sagad during purchases (business.md, tests 3 and 19): whatever was under way reaches
// its end after a restart, and stock and sold pieces add up.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/purchase_shop.h"

namespace saga::e2e {
namespace {

using nlohmann::json;
using testing::Key;
using testing::UnorderedElementsAre;

constexpr int kKilled = 128 + 9;
constexpr int kMostCommits = 12;  // more than any purchase here needs

// Test 3: at every point of every commit of a purchase that is paid, and of one that is undone.
class PurchaseCrash : public testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  // True: sagad died, was started again, and the purchase came to its end. False: sagad needed
  // fewer commits.
  bool Purchase(PurchaseShop& shop, const std::string& point, const std::string& code,
                bool in_stock) {
    shop.RestartSagad(point);
    const int64_t id = shop.CreateOrder(code, 7, in_stock ? 2 : 5000);
    const std::string gid = absl::StrCat("order_paid-", code);
    const json first = shop.Notify(*shop.order, code, true);
    const bool died = first == nullptr;
    if (died) {
      EXPECT_EQ(shop.sagad.process().WaitForExit(absl::Seconds(10)), kKilled) << point;
      shop.RestartSagad("");
      EXPECT_NE(shop.NotifyUntilTaken(code, false), nullptr) << point;
    }
    const std::string end = in_stock ? "succeed" : "failed";
    EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20),
                                   [&] { return StatusOf(shop.sagad.http_address(), gid) == end; }))
        << point << ": " << StatusOf(shop.sagad.http_address(), gid);
    EXPECT_EQ(shop.Order(id)["pay_status"], in_stock ? "PAY_STATUS_PAID" : "PAY_STATUS_FAILED")
        << point;
    EXPECT_EQ(shop.Journal(id), in_stock ? "deduct" : "") << point;
    EXPECT_EQ(shop.Imbalance(7, 1000), "") << point;
    return died;
  }
};

INSTANTIATE_TEST_SUITE_P(Points, PurchaseCrash,
                         testing::Combine(testing::Values("before", "inside", "after"),
                                          testing::Bool()),
                         [](const auto& test) {
                           return absl::StrCat(std::get<0>(test.param),
                                               std::get<1>(test.param) ? "Paid" : "OutOfStock");
                         });

TEST_P(PurchaseCrash, EndsAfterARestart) {
  const auto& [point, in_stock] = GetParam();
  PurchaseShop shop({});
  shop.SetStock(7, 1000);
  int commit = 1;
  while (commit <= kMostCommits &&
         Purchase(shop, absl::StrCat(point, ":", commit), absl::StrCat("A-", commit), in_stock)) {
    ++commit;
  }
  EXPECT_GT(commit, 2) << "a purchase is at least two commits, and sagad dies at each";
  EXPECT_LE(commit, kMostCommits) << "sagad never came through";
  RecordProperty("commits", commit - 1);
}

// Test 19.
class PurchaseLoad : public testing::Test {
 protected:
  static constexpr int kClients = 6;
  static constexpr int kOrdersPerClient = 20;
  static constexpr int kKills = 5;
  static constexpr std::array<int64_t, 3> kProducts = {7, 8, 9};
  static constexpr int64_t kInitial = 100;  // of each; what is ordered is more

  void Client(int client) {
    for (int n = 0; n < kOrdersPerClient; ++n) {
      const std::string code = absl::StrCat("L-", client, "-", n);
      const int64_t id =
          shop_.CreateOrder(code, kProducts[n % kProducts.size()], 1 + (client + n) % 5);
      // A reservation that is given back, under way next to the payments.
      if (n % 4 == 0) shop_.Reserve(id, /*cancel=*/true);
      if (shop_.NotifyUntilTaken(code, n % 2 == 0) != nullptr) ++taken_;
    }
  }

  // A reservation whose order service lost sagad while trying is cancelled by its timeout.
  PurchaseShop shop_{
      {.product_args = {"--delay-ms", "5"},
       .sagad_args = {"--engine-retry-interval", "4s", "--engine-timeout-to-fail", "5s"}}};
  std::atomic<int> taken_ = 0;
};

TEST_F(PurchaseLoad, WithKillsEveryPieceIsAccountedFor) {
  for (const int64_t product : kProducts) shop_.SetStock(product, kInitial);
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) clients.emplace_back([&, c] { Client(c); });
  const int all = kClients * kOrdersPerClient;
  int kills = 0;
  for (int k = 1; k <= kKills; ++k) {
    if (!fixture::WaitUntil(absl::Seconds(30), [&] { return taken_ >= k * all / (kKills + 1); }))
      break;
    shop_.sagad.Kill();
    ++kills;
    shop_.RestartSagad("");
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(kills, kKills);
  EXPECT_EQ(taken_, all);

  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(40), [&] {
    const std::map<std::string, int> statuses = shop_.Transactions();
    return statuses.count("succeed") + statuses.count("failed") == statuses.size();
  }));
  EXPECT_THAT(shop_.Transactions(), UnorderedElementsAre(Key("succeed"), Key("failed")))
      << "some were paid, some met an empty shelf, and none is left open";
  EXPECT_EQ(shop_.Orders().size(), static_cast<size_t>(all));
  for (const int64_t product : kProducts) EXPECT_EQ(shop_.Imbalance(product, kInitial), "");
}

}  // namespace
}  // namespace saga::e2e
