#include "orchestrator/app/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/app/health_relay.h"

namespace saga::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FixedClock final : public port::Clock {
 public:
  base::Time Now() override { return now; }
  base::Time now{1'000'000'000};
};

class ReadinessTest : public testing::Test {
 protected:
  FixedClock clock_;
  absl::Status store_;
  int pings_ = 0;
  Readiness readiness_{clock_, [this] {
                         ++pings_;
                         return store_;
                       }};
};

TEST_F(ReadinessTest, OnlyBetweenStartAndStop) {
  EXPECT_THAT(std::string(readiness_.Check().message()), HasSubstr("starting"));
  readiness_.SetServing();
  EXPECT_TRUE(readiness_.Check().ok());
  readiness_.SetDraining();
  EXPECT_TRUE(absl::IsUnavailable(readiness_.Check()));
  readiness_.SetServing();
  EXPECT_THAT(std::string(readiness_.Check().message()), HasSubstr("stopping"))
      << "stopping is for good";
  EXPECT_EQ(pings_, 1) << "the store is asked only where it matters";
}

TEST_F(ReadinessTest, FollowsTheStoreAndAsksItOnceASecond) {
  readiness_.SetServing();
  EXPECT_EQ(pings_, 0) << "an idle server leaves its store alone";
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(readiness_.Check().ok());
  EXPECT_EQ(pings_, 1);
  store_ = absl::UnavailableError("disk full");
  EXPECT_TRUE(readiness_.Check().ok()) << "not asked again yet";
  clock_.now = clock_.now + base::Seconds(1);
  EXPECT_THAT(std::string(readiness_.Check().message()), HasSubstr("disk full"));
  store_ = absl::OkStatus();
  clock_.now = clock_.now - base::Seconds(3600);
  EXPECT_TRUE(readiness_.Check().ok()) << "a clock set back does not freeze the answer";
  EXPECT_EQ(pings_, 3);
}

TEST(HealthRelay, TellsWhetherUpAndStoreAnswers) {
  std::vector<bool> told;
  HealthRelay relay;
  relay.OnStoreHealth(false, "early");
  relay.OnStoreHealth(true, "");
  relay.SetUp(true, [&](bool serving) { told.push_back(serving); });
  relay.OnStoreHealth(false, "disk full");
  relay.OnStoreHealth(true, "");
  relay.SetUp(false, [&](bool serving) { told.push_back(serving); });
  relay.OnStoreHealth(true, "");
  relay.SetUp(false, {});
  relay.OnStoreHealth(false, "");
  EXPECT_THAT(told, ElementsAre(true, false, true, false, false));
}

}  // namespace
}  // namespace saga::app
