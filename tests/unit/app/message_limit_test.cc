#include "orchestrator/app/message_limit.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace saga::app {
namespace {

constexpr base::Time kStart{1'000'000'000};

TEST(MessageLimit, LetsABurstPassAndCountsTheRest) {
  MessageLimit limit(2, base::Seconds(10));
  EXPECT_EQ(limit.Admit("a", kStart), 0u);
  EXPECT_EQ(limit.Admit("a", kStart + base::Seconds(1)), 0u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.Admit("a", kStart + base::Seconds(9)), std::nullopt);
  EXPECT_EQ(limit.Admit("b", kStart + base::Seconds(9)), 0u) << "kinds do not disturb each other";
  EXPECT_EQ(limit.Admit("a", kStart + base::Seconds(10)), 5u);
  EXPECT_EQ(limit.Admit("a", kStart + base::Seconds(10)), 0u);
  EXPECT_EQ(limit.Admit("a", kStart + base::Seconds(10)), std::nullopt);
}

TEST(MessageLimit, SurvivesAClockSetBack) {
  MessageLimit limit(1, base::Seconds(10));
  EXPECT_EQ(limit.Admit("a", kStart), 0u);
  EXPECT_EQ(limit.Admit("a", kStart), std::nullopt);
  EXPECT_EQ(limit.Admit("a", kStart - base::Seconds(500)), 1u);
}

TEST(MessageLimit, ForgetsNothingAndGrowsNotWithoutEnd) {
  MessageLimit limit(1, base::Seconds(10));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.Admit(absl::StrCat("kind ", i), kStart), 0u);
  EXPECT_EQ(limit.Admit("one more", kStart), 0u);
  EXPECT_EQ(limit.Admit("and another", kStart), std::nullopt)
      << "shares the place of those that came too late";
  EXPECT_EQ(limit.Admit("kind 7", kStart), std::nullopt);
}

}  // namespace
}  // namespace saga::app
