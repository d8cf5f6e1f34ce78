#include "orchestrator/engine/rate_limit.h"

#include <random>

#include <gtest/gtest.h>

namespace saga::engine {
namespace {

constexpr base::Time kStart{1'700'000'000'000'000};

// Takes every token there is.
int TakeAll(RateLimit& limit, base::Time now) {
  int taken = 0;
  while (limit.HasToken(now)) {
    limit.Take();
    ++taken;
  }
  return taken;
}

TEST(RateLimit, WithoutALimitThereIsAlwaysAToken) {
  RateLimit limit;
  limit.Set(0, kStart);
  EXPECT_FALSE(limit.limited());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(limit.HasToken(kStart));
    limit.Take();
  }
  EXPECT_EQ(limit.NextToken(kStart), kStart);
}

TEST(RateLimit, BurstsAreATenthOfASecond) {
  RateLimit limit;
  limit.Set(200, kStart);
  EXPECT_EQ(TakeAll(limit, kStart), 20);
  EXPECT_EQ(TakeAll(limit, kStart + base::Seconds(3600)), 20);
}

TEST(RateLimit, ASlowRateStillLetsOneGo) {
  RateLimit limit;
  limit.Set(0.5, kStart);
  EXPECT_EQ(TakeAll(limit, kStart), 1);
  EXPECT_EQ(limit.NextToken(kStart), kStart + base::Seconds(2));
  EXPECT_EQ(TakeAll(limit, kStart + base::Millis(1999)), 0);
  EXPECT_EQ(TakeAll(limit, kStart + base::Seconds(2)), 1);
}

TEST(RateLimit, TheNextTokenComesWhenItSays) {
  for (const double rate : {0.3, 1.0, 7.0, 40.0, 999.0, 12345.0, 1e6}) {
    RateLimit limit;
    limit.Set(rate, kStart);
    base::Time now = kStart;
    TakeAll(limit, now);
    for (int i = 0; i < 1000; ++i) {
      const base::Time next = limit.NextToken(now);
      ASSERT_GT(next, now);
      now = next;
      ASSERT_GE(TakeAll(limit, now), 1) << rate;
    }
  }
}

// Of steps of any length, as long as none is longer than a burst, not a token is lost.
TEST(RateLimit, IsExactOverAnyTime) {
  std::mt19937_64 chance(1);
  for (const double rate : {20.0, 40.0, 333.3, 10'000.0}) {
    RateLimit limit;
    limit.Set(rate, kStart);
    int64_t taken = TakeAll(limit, kStart);
    const int64_t burst = taken;
    base::Time now = kStart;
    for (int i = 0; i < 100'000; ++i) {
      now = now + base::Micros(static_cast<int64_t>(chance() % 40'000));
      taken += TakeAll(limit, now);
    }
    const double passed = static_cast<double>((now - kStart).micros) / 1e6;
    EXPECT_NEAR(static_cast<double>(taken), passed * rate + static_cast<double>(burst), 1.5)
        << rate;
  }
}

TEST(RateLimit, AChangedRateGoesOnWithTheTokensThereAre) {
  RateLimit limit;
  limit.Set(100, kStart);
  EXPECT_EQ(TakeAll(limit, kStart), 10);
  limit.Set(1000, kStart);  // no new burst: setting limits again and again would be no limit
  EXPECT_EQ(TakeAll(limit, kStart), 0);
  EXPECT_EQ(TakeAll(limit, kStart + base::Millis(50)), 50);
  EXPECT_TRUE(limit.HasToken(kStart + base::Seconds(1)));
  limit.Set(10, kStart + base::Seconds(1));
  EXPECT_EQ(TakeAll(limit, kStart + base::Seconds(1)), 1);
}

TEST(RateLimit, AClockSetBackBringsNothingAndBreaksNothing) {
  RateLimit limit;
  limit.Set(10, kStart);
  EXPECT_EQ(TakeAll(limit, kStart), 1);
  const base::Time back = kStart - base::Seconds(3600);
  EXPECT_EQ(TakeAll(limit, back), 0);
  EXPECT_EQ(TakeAll(limit, back + base::Millis(100)), 1);
}

}  // namespace
}  // namespace saga::engine
