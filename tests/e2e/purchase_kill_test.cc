// kill -9 of the participants during purchases, on each database they know: what sagad was told is
// done is done, what it was not told is asked for again, and stock and sold pieces add up.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/purchase_shop.h"
#include "tests/fixture/lasting_port.h"
#include "tests/fixture/mariadb.h"

namespace saga::e2e {
namespace {

using testing::Key;
using testing::UnorderedElementsAre;

constexpr int64_t kInitial = 150;  // fewer pieces than are ordered

// Whether order and product share a MySQL database.
class PurchaseKill : public testing::TestWithParam<bool> {
 protected:
  static constexpr int kClients = 4;
  static constexpr int kOrdersPerClient = 20;
  static constexpr int kOrders = kClients * kOrdersPerClient;

  PurchaseShopOptions Options() {
    if (GetParam()) database_.emplace();
    const auto fixed = [] {
      return std::vector<std::string>{"--grpc-listen",
                                      absl::StrCat("127.0.0.1:", fixture::LastingPort())};
    };
    PurchaseShopOptions options{
        .database = database_ ? database_->url() : "",
        .product_args = fixed(),
        .order_args = fixed(),
        .sagad_args = {"--engine-retry-interval", "2s", "--engine-request-timeout", "1s"}};
    options.product_args.insert(options.product_args.end(), {"--delay-ms", "5"});
    return options;
  }

  // Callbacks without waiting: sagad has all of them to carry through.
  void Client(int client) {
    for (int n = 0; n < kOrdersPerClient; ++n) {
      const std::string code = absl::StrCat("K-", client, "-", n);
      shop_.CreateOrder(code, 7, 1 + (client + n) % 5);
      if (shop_.NotifyUntilTaken(code, false) != nullptr) ++taken_;
    }
  }

  // True: every transaction has ended.
  bool AllEnded() {
    const std::map<std::string, int> statuses = shop_.Transactions();
    int ended = 0;
    for (const auto& [status, count] : statuses) {
      if (status == "succeed" || status == "failed") ended += count;
    }
    return ended == kOrders;
  }

  std::optional<fixture::Database> database_;
  PurchaseShop shop_{Options()};
  std::atomic<int> taken_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Databases, PurchaseKill, testing::Bool(),
                         [](const auto& test) { return test.param ? "Mysql" : "Sqlite"; });

TEST_P(PurchaseKill, OfAParticipantLosesNothingAndDoesNothingTwice) {
  shop_.SetStock(7, kInitial);
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) clients.emplace_back([&, c] { Client(c); });
  int kills = 0;
  for (int k = 1; k <= 4; ++k) {
    if (!fixture::WaitUntil(absl::Seconds(40), [&] { return taken_ >= k * kOrders / 5; })) break;
    shop_.product.process().Kill();
    ++kills;
    ASSERT_TRUE(shop_.product.Start()) << shop_.product.process().Stderr();
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(taken_, kOrders);
  // Nobody calls order now but sagad.
  shop_.order->process().Kill();
  ++kills;
  ASSERT_TRUE(shop_.order->Start()) << shop_.order->process().Stderr();
  EXPECT_EQ(kills, 5);

  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(60), [&] { return AllEnded(); }));
  EXPECT_THAT(shop_.Transactions(), UnorderedElementsAre(Key("succeed"), Key("failed")));
  EXPECT_EQ(shop_.Orders().size(), static_cast<size_t>(kOrders));
  EXPECT_EQ(shop_.Imbalance(7, kInitial), "");
}

}  // namespace
}  // namespace saga::e2e
