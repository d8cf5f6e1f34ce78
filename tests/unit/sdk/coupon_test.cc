// The example participant, tested as users are told to test theirs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "participants/sdk/example/coupon.h"
#include "participants/sdk/testing/fake_orchestrator.h"
#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::sdk::example {
namespace {

class Coupon : public ::testing::TestWithParam<Dialect> {};

INSTANTIATE_TEST_SUITE_P(Databases, Coupon, EachDialect(), DialectName);

TEST_P(Coupon, IsUsedOnceAndGivenBack) {
  const DatabaseUnderTest place(GetParam());
  const std::unique_ptr<Database> database = place.Open();
  ASSERT_TRUE(PrepareCoupons(*database).ok());
  ParticipantServer server({});
  AddCouponRoutes(*database, server);
  const absl::Status started = server.Start();
  ASSERT_TRUE(started.ok()) << started;
  const std::string url = "http://" + server.http_address() + "/coupon/";
  testing::FakeOrchestrator sagad;
  const testing::SagaStep step{url + "Use", url + "GiveBack",
                               R"({"coupon": "SPRING", "order_id": "42"})"};
  const testing::SagaStep other{url + "Use", url + "GiveBack",
                                R"({"coupon": "SPRING", "order_id": "43"})"};

  // The second step wants the same coupon, so the first one gives it back.
  const testing::SagaEnd failed = sagad.RunSaga("g1", {step, other});
  EXPECT_EQ(failed.status, "failed");
  EXPECT_THAT(failed.reason, ::testing::HasSubstr("no unused coupon SPRING"));

  EXPECT_EQ(sagad.RunSaga("g2", {step}).status, "succeed");
  EXPECT_EQ(sagad.RunSaga("g2", {step}).status, "succeed") << "a repeat of the whole transaction";
  EXPECT_EQ(sagad.RunSaga("g3", {other}).status, "failed");

  // The undo arrives before the action.
  EXPECT_EQ(sagad.Call({.target = url + "GiveBack",
                        .context = {"g4", Mode::kSaga, "01", Op::kCompensate}}),
            Outcome::Done());
  server.Stop(absl::Seconds(5));
}

}  // namespace
}  // namespace saga::participants::sdk::example
