// kill -9 of one of two instances of product in the middle of 200 purchases loses none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/registered_shop.h"

namespace saga::e2e {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(RegistryKill, TwoHundredPurchasesLoseNone) {
  constexpr int kBuyers = 4;
  constexpr int kEach = 50;
  constexpr int kAll = kBuyers * kEach;
  RegisteredShop shop(/*delay_ms=*/5);
  std::atomic<int> paid = 0;
  std::vector<std::thread> buyers;
  for (int b = 0; b < kBuyers; ++b) {
    buyers.emplace_back([&, b] {
      for (int i = 0; i < kEach; ++i) {
        // RESULT_STARTED is as good: it was not yet over when the answer came.
        const std::string result = shop.Buy(absl::StrCat("A-", b, "-", i));
        EXPECT_TRUE(result == "RESULT_PAID" || result == "RESULT_STARTED") << result;
        ++paid;
      }
    });
  }
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(60), [&] { return paid >= kAll / 3; }));
  const uint64_t before = shop.Products()[shop.twin.grpc()].calls();
  shop.twin.process().Kill();
  for (std::thread& buyer : buyers) buyer.join();
  EXPECT_GT(before, 0u) << "the one that was killed had its share";
  std::map<std::string, int> transactions;
  fixture::WaitUntil(absl::Seconds(60), [&] {
    transactions = shop.shop.Transactions();
    return transactions.size() == 1 && transactions["succeed"] == kAll;
  });
  EXPECT_THAT(transactions, ElementsAre(Pair("succeed", kAll)));
  EXPECT_EQ(shop.shop.Stock(7), absl::StrCat(1000 - kAll, "/0"));
  EXPECT_EQ(shop.shop.Imbalance(7, 1000), "");
}

}  // namespace
}  // namespace saga::e2e
