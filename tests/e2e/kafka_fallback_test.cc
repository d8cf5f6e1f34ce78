// Purchases go round a product service that cannot be reached, by a real Kafka broker (business.md,
// tests 9 and 10).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/kafka_shop.h"
#include "tests/fixture/kafka_broker.h"

namespace saga::e2e {
namespace {

constexpr int64_t kProduct = 7;
constexpr int64_t kStock = 100'000;
constexpr int kPurchases = 30;

// How often a call went over Kafka instead.
int ByFallback(KafkaShop& kafka) { return kafka.shop.Metric("saga_lane_fallback_total"); }

void ExpectAllPaidOnce(KafkaShop& kafka, int purchases) {
  EXPECT_TRUE(kafka.AllSucceed(purchases)) << kafka.shop.sagad.process().Stderr();
  EXPECT_EQ(kafka.shop.Imbalance(kProduct, kStock), "");
  EXPECT_EQ(kafka.shop.Stock(kProduct), absl::StrCat(kStock - purchases, "/0"));
}

class KafkaFallbackOf : public testing::TestWithParam<std::string> {};

// Called by address, as every client of DTM does, and by registered name.
INSTANTIATE_TEST_SUITE_P(Branches, KafkaFallbackOf, testing::Values("grpc", "registered"),
                         [](const auto& test) { return test.param; });

TEST_P(KafkaFallbackOf, PurchasesCompleteWhileTheServiceCannotBeReached) {
  KafkaShop kafka({.broker = fixture::SharedKafka(), .branches = GetParam()});
  kafka.gate.Close();
  kafka.Buy("A", kPurchases);
  ExpectAllPaidOnce(kafka, kPurchases);
  EXPECT_GE(ByFallback(kafka), kPurchases);
}

TEST(KafkaFallback, ComesBackInTheMiddleWithoutADoubleEffect) {
  KafkaShop kafka({.broker = fixture::SharedKafka()});
  kafka.gate.Close();
  kafka.Buy("A", kPurchases);
  kafka.gate.Open();
  kafka.Buy("B", kPurchases);
  ExpectAllPaidOnce(kafka, 2 * kPurchases);
  // Back to calling: once the breaker is closed no purchase goes round any more.
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(60), [&] {
    const int before = ByFallback(kafka);
    kafka.Buy(fixture::UniqueName("C"), 1);
    return ByFallback(kafka) == before;
  }));
}

TEST(KafkaFallback, ABrokerThatIsKilledInTheMiddleLosesNothing) {
  fixture::KafkaBroker broker;
  ASSERT_TRUE(broker.WaitReady()) << broker.process().Stderr();
  KafkaShop kafka({.broker = broker.address()});
  kafka.gate.Close();
  kafka.Buy("A", kPurchases / 2);
  broker.Kill();
  kafka.Buy("B", kPurchases / 2);
  broker.Restart();
  ASSERT_TRUE(broker.WaitReady()) << broker.process().Stderr();
  ExpectAllPaidOnce(kafka, kPurchases);
}

TEST(KafkaFallback, WithBothAwayTheWorkWaitsAndThenCompletes) {
  fixture::KafkaBroker broker;
  ASSERT_TRUE(broker.WaitReady()) << broker.process().Stderr();
  KafkaShop kafka({.broker = broker.address()});
  kafka.Buy("A", 1);
  ASSERT_TRUE(kafka.AllSucceed(1));
  kafka.gate.Close();
  broker.Kill();
  kafka.Buy("B", kPurchases);
  EXPECT_EQ(kafka.shop.Transactions()["succeed"], 1) << "nothing can have gone anywhere";
  broker.Restart();
  ASSERT_TRUE(broker.WaitReady()) << broker.process().Stderr();
  ExpectAllPaidOnce(kafka, 1 + kPurchases);
}

TEST(KafkaFallback, WithoutABrokerTheCallsGoOn) {
  KafkaShop kafka({.broker = absl::StrCat("127.0.0.1:", fixture::FreePort())});
  kafka.Buy("A", kPurchases);
  ExpectAllPaidOnce(kafka, kPurchases);
  EXPECT_EQ(ByFallback(kafka), 0);
}

// sagad is killed while commands are on their way: what was sent stays sent, what was not goes out.
TEST(KafkaFallback, AKilledSagadSendsWhatItStored) {
  KafkaShop kafka({.broker = fixture::SharedKafka()});
  kafka.gate.Close();
  kafka.Buy("A", kPurchases);
  kafka.shop.sagad.Kill();
  kafka.shop.RestartSagad("");
  ExpectAllPaidOnce(kafka, kPurchases);
}

}  // namespace
}  // namespace saga::e2e
