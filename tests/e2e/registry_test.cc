// Services that register: who of them is called, over restarts of either side.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/registered_shop.h"

namespace saga::e2e {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kPaid[] = "RESULT_PAID";

TEST(Registry, TwoInstancesShareTheLoad) {
  RegisteredShop shop;
  constexpr int kPurchases = 20;
  for (int i = 0; i < kPurchases; ++i) ASSERT_EQ(shop.Buy(absl::StrCat("A-", i)), kPaid);
  const auto products = shop.Products();
  ASSERT_EQ(products.size(), 2u);
  for (const auto& [address, instance] : products) {
    EXPECT_EQ(instance.calls(), kPurchases / 2) << address;
    EXPECT_EQ(instance.in_flight(), 0u);
  }
  EXPECT_EQ(shop.shop.Imbalance(7, 1000), "");
}

TEST(Registry, AReservationConfirmsByName) {
  RegisteredShop shop;
  const int64_t id = shop.shop.CreateOrder("R-1", 7, 4);
  EXPECT_EQ(shop.shop.Reserve(id, false)["result"], "RESULT_CONFIRMED");
  EXPECT_EQ(shop.shop.Journal(id), "freeze confirm");
}

TEST(Registry, RegistrationsSurviveSagad) {
  RegisteredShop shop;
  ASSERT_EQ(shop.Buy("A-1"), kPaid);
  const auto before = shop.Products();
  // Nobody can say it again: what comes back is what was stored.
  shop.shop.product.process().Signal(SIGSTOP);
  shop.twin.process().Signal(SIGSTOP);
  shop.shop.sagad.Kill();
  shop.shop.RestartSagad("");
  const auto after = shop.Products();
  EXPECT_EQ(after.size(), 2u);
  for (const auto& [address, instance] : before) {
    ASSERT_TRUE(after.contains(address)) << address;
    EXPECT_EQ(after.at(address).registered_us(), instance.registered_us());
    EXPECT_EQ(after.at(address).state(), "live") << "one fresh lease";
  }
  EXPECT_TRUE(shop.WaitForStates("expired", "expired"));
  shop.shop.product.process().Signal(SIGCONT);
  shop.twin.process().Signal(SIGCONT);
  EXPECT_TRUE(shop.WaitForStates("live", "live"));
  EXPECT_EQ(shop.Buy("A-2"), kPaid);
}

TEST(Registry, WhoIsSilentIsNotCalled) {
  RegisteredShop shop;
  shop.twin.process().Kill();
  EXPECT_TRUE(shop.WaitForStates("live", "expired"));
  const uint64_t before = shop.Products()[shop.twin.grpc()].calls();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(shop.Buy(absl::StrCat("A-", i)), kPaid);
  EXPECT_EQ(shop.Products()[shop.twin.grpc()].calls(), before);
  EXPECT_EQ(shop.shop.Metric(R"(saga_branch_calls_total{op="action",outcome="unknown"})"), 0);
}

TEST(Registry, WhoLeavesFinishesWhatItHas) {
  RegisteredShop shop(/*delay_ms=*/300);
  constexpr int kPurchases = 8;
  std::vector<std::thread> buyers;
  std::vector<std::string> results(kPurchases);
  for (int i = 0; i < kPurchases; ++i)
    buyers.emplace_back([&, i] { results[i] = shop.Buy(absl::StrCat("A-", i)); });
  EXPECT_TRUE(fixture::WaitUntil(
      absl::Seconds(20), [&] { return shop.Products()[shop.twin.grpc()].in_flight() > 0; }));
  shop.twin.process().Terminate();
  EXPECT_EQ(shop.twin.process().WaitForExit(absl::Seconds(20)), 0);
  for (std::thread& buyer : buyers) buyer.join();
  EXPECT_THAT(results, testing::Each(kPaid));
  EXPECT_THAT(shop.twin.process().Stderr(), HasSubstr("\"msg\":\"deregistered\""));
  EXPECT_EQ(shop.Products().count(shop.twin.grpc()), 0u);
  EXPECT_EQ(shop.Buy("B-1"), kPaid);
  EXPECT_EQ(shop.shop.Imbalance(7, 1000), "");
  // It comes back under another address.
  ASSERT_TRUE(shop.twin.Start());
  EXPECT_TRUE(shop.WaitForStates("live", "live"));
}

TEST(Registry, ServicesDoNotWaitForSagad) {
  RegisteredShop shop;
  shop.shop.sagad.Kill();
  ASSERT_TRUE(shop.twin.Start()) << shop.twin.process().Stderr();
  shop.shop.RestartSagad("");
  EXPECT_TRUE(shop.WaitForStates("live", "live"));
}

TEST(Registry, NobodyThereIsWaitedFor) {
  RegisteredShop shop;
  shop.shop.product.process().Terminate();
  shop.twin.process().Terminate();
  EXPECT_EQ(shop.shop.product.process().WaitForExit(absl::Seconds(20)), 0);
  EXPECT_EQ(shop.twin.process().WaitForExit(absl::Seconds(20)), 0);
  const int64_t id = shop.shop.CreateOrder("A-1", 7, 1);
  EXPECT_NE(shop.shop.NotifyUntilTaken("A-1", false), nullptr);
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
    return shop.shop.Metric(R"(saga_branch_calls_total{op="action",outcome="unknown"})") > 0;
  }));
  ASSERT_TRUE(shop.shop.product.Start());
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(30), [&] {
    return StatusOf(shop.shop.sagad.http_address(), "order_paid-A-1") == "succeed";
  }));
  EXPECT_EQ(shop.shop.Journal(id), "deduct");
}

}  // namespace
}  // namespace saga::e2e
