#include "orchestrator/app/suggest.h"

#include <gtest/gtest.h>

namespace saga::app {
namespace {

const std::vector<std::string> kKnown = {"store", "log.level", "log.format",
                                         "engine.retry_interval", "engine.runners"};

TEST(ClosestName, FindsSlipsOfThePen) {
  EXPECT_EQ(ClosestName("stor", kKnown), "store");
  EXPECT_EQ(ClosestName("log.levle", kKnown), "log.level");
  EXPECT_EQ(ClosestName("engine.retry_intervall", kKnown), "engine.retry_interval");
}

TEST(ClosestName, FindsOtherSpellings) {
  EXPECT_EQ(ClosestName("engine.RetryInterval", kKnown), "engine.retry_interval");
  EXPECT_EQ(ClosestName("log-level", kKnown), "log.level");
}

TEST(ClosestName, FindsTheRightSection) {
  EXPECT_EQ(ClosestName("retry_interval", kKnown), "engine.retry_interval");
  EXPECT_EQ(ClosestName("RetryInterval", kKnown), "engine.retry_interval");
  EXPECT_EQ(ClosestName("store.runners", kKnown), "engine.runners");
}

TEST(ClosestName, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(ClosestName("password", kKnown), "");
  EXPECT_EQ(ClosestName("", kKnown), "");
  EXPECT_EQ(ClosestName("...", kKnown), "");
  EXPECT_EQ(ClosestName(std::string(10'000, 'x'), kKnown), "");
}

}  // namespace
}  // namespace saga::app
