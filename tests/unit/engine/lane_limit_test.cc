// How many calls are out, how many start in a second, and what an operator may change of it.

#include <atomic>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/lane_stage.h"

namespace saga::engine {
namespace {

using testing::ElementsAre;
using Kind = Offered::Kind;

TEST(LaneLimit, CallsBeyondTheLimitWaitInOrder) {
  LaneStage stage({.settings = {.in_flight = 2}});
  for (const char* name : {"a", "b", "c", "d"}) EXPECT_EQ(stage.Offer(name).kind, Kind::kTaken);
  EXPECT_EQ(stage.out.size(), 2u);
  EXPECT_EQ(stage.StatsOf().queued, 2u);
  EXPECT_EQ(stage.lanes().Pending(), 4u);
  stage.Answer();
  EXPECT_EQ(stage.out.back().name, "c");
  stage.Answer();
  EXPECT_EQ(stage.out.back().name, "d");
  stage.AnswerAll();
  EXPECT_EQ(stage.ended.size(), 4u);
  EXPECT_EQ(stage.lanes().Pending(), 0u);
  EXPECT_EQ(stage.lanes().Calls(), 4u);
}

TEST(LaneLimit, AFullQueueTakesNothing) {
  LaneStage stage({.settings = {.in_flight = 1, .queue = 1}});
  stage.OfferMany(2);
  const Offered offered = stage.Offer("late");
  EXPECT_EQ(offered.kind, Kind::kFull);
  EXPECT_EQ(offered.retry_at, stage.Now() + core::kLaneFullPause);
  EXPECT_EQ(stage.Offer("elsewhere", "q:1/P/Do").kind, Kind::kTaken);
  stage.Answer();
  EXPECT_EQ(stage.Offer("late").kind, Kind::kTaken);
}

TEST(LaneLimit, LanesAreOnePerDestinationHoweverItIsWritten) {
  LaneStage stage({.settings = {.in_flight = 1}});
  stage.OfferMany(1, "p:80/P/Do");
  stage.OfferMany(1, "P:80/P/Undo");
  stage.OfferMany(1, "http://p/do?x=1");
  EXPECT_EQ(stage.out.size(), 1u);
  // A scheme without an address is a destination of its own and catches nobody else's calls.
  stage.OfferMany(1, "http:/odd");
  stage.OfferMany(1, "http://other:1/do");
  EXPECT_EQ(stage.out.size(), 3u);
}

TEST(LaneLimit, AnOperatorsLimitHoldsAtOnce) {
  LaneStage stage({.settings = {.in_flight = 2}});
  stage.OfferMany(20);
  stage.lanes().Set("p:1", {.in_flight = 5});
  EXPECT_EQ(stage.out.size(), 5u);
  EXPECT_EQ(stage.StatsOf().in_flight_limit, 5u);
  EXPECT_TRUE(stage.StatsOf().limits_set);
  stage.lanes().Set("p:1", {.in_flight = 1});
  for (size_t out = 5; out > 1; --out) {
    EXPECT_EQ(stage.out.size(), out);
    stage.Answer();
  }
  stage.Answer();
  EXPECT_EQ(stage.out.size(), 1u);
  stage.lanes().Set("p:1", {});
  EXPECT_EQ(stage.out.size(), 2u);
  EXPECT_FALSE(stage.StatsOf().limits_set);
  stage.AnswerAll();
  EXPECT_EQ(stage.ended.size(), 20u);
}

TEST(LaneLimit, WhatIsSetBeforeTheFirstCallHoldsForIt) {
  LaneStage stage;
  stage.lanes().Set("P:1", {.in_flight = 1});
  stage.OfferMany(3);
  EXPECT_EQ(stage.out.size(), 1u);
}

TEST(LaneLimit, TheRateIsExactOverTime) {
  LaneStage stage({.settings = {.rate = 40}});
  stage.OfferMany(250);
  EXPECT_EQ(stage.out.size(), 4u);  // the burst: a tenth of a second's
  for (int second = 1; second <= 6; ++second) {
    stage.Run(base::Seconds(1));
    EXPECT_NEAR(static_cast<double>(stage.starts.size()), 4 + 40 * second, 1) << second;
  }
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.starts.size(), 250u);
  stage.AnswerAll();
  EXPECT_EQ(stage.ended.size(), 250u);
}

TEST(LaneLimit, AHighRateIsExactToo) {
  LaneStage stage({.settings = {.in_flight = 100'000, .rate = 7000}});
  stage.OfferMany(30'000);
  stage.Run(base::Seconds(4));
  EXPECT_NEAR(static_cast<double>(stage.starts.size()), 4 * 7000 + 700, 30);
}

TEST(LaneLimit, RateAndPlacesBothHold) {
  LaneStage stage({.settings = {.in_flight = 3, .rate = 100}});
  stage.OfferMany(20);
  EXPECT_EQ(stage.out.size(), 3u);
  stage.Run(base::Seconds(10));
  EXPECT_EQ(stage.out.size(), 3u);
  while (!stage.out.empty() || stage.StatsOf().queued > 0) {
    stage.AnswerAll();
    EXPECT_LE(stage.out.size(), 3u);
    stage.Run(base::Millis(1));
  }
  EXPECT_EQ(stage.ended.size(), 20u);
}

TEST(LaneLimit, ARateMayComeChangeAndGo) {
  LaneStage stage({.settings = {.in_flight = 1}});
  stage.OfferMany(200);
  stage.lanes().Set("p:1", {.in_flight = 1000, .rate = 10});
  EXPECT_EQ(stage.starts.size(), 2u);  // the first went before there was a limit
  stage.Run(base::Seconds(2));
  EXPECT_NEAR(static_cast<double>(stage.starts.size()), 22, 1);
  EXPECT_EQ(stage.StatsOf().rate, 10);
  stage.lanes().Set("p:1", {.in_flight = 1000, .rate = 100});
  const size_t before = stage.starts.size();
  stage.Run(base::Seconds(1));
  EXPECT_NEAR(static_cast<double>(stage.starts.size() - before), 100, 1);
  stage.lanes().Set("p:1", {.in_flight = 1000});
  EXPECT_EQ(stage.starts.size(), 200u);
}

TEST(LaneLimit, WithoutARateNothingIsEverPlanned) {
  LaneStage stage({.settings = {.in_flight = 1}});
  const uint64_t before = stage.world().Events();
  stage.OfferMany(100);
  stage.AnswerAll();
  EXPECT_EQ(stage.world().Events(), before);
}

TEST(LanePause, StartsNothingAndLosesNothing) {
  LaneStage stage({.settings = {.in_flight = 2}});
  stage.OfferMany(5);
  stage.lanes().Set("p:1", {.paused = true});
  const Offered offered = stage.Offer("later");
  EXPECT_EQ(offered.kind, Kind::kNotNow);
  EXPECT_EQ(offered.retry_at, base::kNever);
  stage.AnswerAll();
  EXPECT_EQ(stage.ended.size(), 2u);
  EXPECT_EQ(stage.StatsOf().queued, 3u);
  EXPECT_TRUE(stage.StatsOf().paused);
  EXPECT_EQ(stage.lanes().Pending(), 0u);  // nobody who stops should wait for these
  EXPECT_EQ(stage.opened, 0u);
  stage.lanes().Set("p:1", {});
  EXPECT_EQ(stage.opened, 1u);
  EXPECT_EQ(stage.out.size(), 2u);
  EXPECT_EQ(stage.lanes().Pending(), 3u);
  stage.AnswerAll();
  EXPECT_EQ(stage.ended.size(), 5u);
  EXPECT_EQ(stage.lanes().Pending(), 0u);
}

TEST(LanePause, HoldsForRateLimitedCallsToo) {
  LaneStage stage({.settings = {.rate = 10}});
  stage.OfferMany(10);
  stage.lanes().Set("p:1", {.paused = true});
  stage.Run(base::Seconds(10));
  EXPECT_EQ(stage.starts.size(), 1u);
  stage.lanes().Set("p:1", {});
  stage.Run(base::Seconds(10));
  EXPECT_EQ(stage.starts.size(), 10u);
}

TEST(LanePause, ChangingItsLimitsDoesNotResumeIt) {
  LaneStage stage;
  stage.lanes().Set("p:1", {.paused = true});
  stage.lanes().Set("p:1", {.paused = true, .in_flight = 10, .rate = 10});
  EXPECT_EQ(stage.Offer("a").kind, Kind::kNotNow);
  EXPECT_EQ(stage.opened, 0u);
}

TEST(LanePause, ABreakerThatOpensMeanwhileTakesNothingFromTheQueue) {
  LaneStage stage({.settings = {.in_flight = 30}});
  stage.OfferMany(40);
  stage.lanes().Set("p:1", {.paused = true});
  stage.AnswerAll(port::Reach::kUnreachable);
  EXPECT_EQ(stage.StatsOf().breaker, BreakerState::kOpen);
  EXPECT_EQ(stage.ended.size(), 30u);
  EXPECT_EQ(stage.StatsOf().queued, 10u);
  stage.lanes().Set("p:1", {});
  EXPECT_EQ(stage.StatsOf().breaker, BreakerState::kClosed);
  EXPECT_EQ(stage.out.size(), 10u);
}

TEST(LaneCallOff, WhatNobodyWantsIsDropped) {
  LaneStage stage({.settings = {.in_flight = 1}});
  const auto off = std::make_shared<std::atomic<bool>>(false);
  stage.Offer("first", "p:1/P/Do", 0, off);
  stage.Offer("second", "p:1/P/Do", 0, off);
  stage.Offer("other");
  off->store(true);
  stage.Answer();
  ASSERT_EQ(stage.ended.size(), 1u);  // the first: it was out
  EXPECT_EQ(stage.out.front().name, "other");
  stage.AnswerAll();
  EXPECT_EQ(stage.ended.size(), 2u);
  EXPECT_EQ(stage.lanes().Calls(), 2u);
  EXPECT_EQ(stage.lanes().Pending(), 0u);
}

TEST(LaneCallOff, CostsNoToken) {
  LaneStage stage({.settings = {.rate = 10}});
  const auto off = std::make_shared<std::atomic<bool>>(false);
  stage.OfferMany(1);
  for (int i = 0; i < 50; ++i) stage.Offer("unwanted", "p:1/P/Do", 0, off);
  stage.Offer("wanted");
  off->store(true);
  stage.Run(base::Millis(101));
  ASSERT_EQ(stage.out.size(), 2u);
  EXPECT_EQ(stage.out.back().name, "wanted");
}

TEST(LaneClose, DropsWhatWaitsAndLetsCallsEnd) {
  LaneStage stage({.settings = {.in_flight = 1, .rate = 10}});
  stage.OfferMany(5);
  stage.lanes().Set("q:1", {.paused = true});
  stage.lanes().Close();
  EXPECT_EQ(stage.lanes().Pending(), 1u);
  EXPECT_EQ(stage.Offer("late").kind, Kind::kTaken);
  stage.lanes().Set("q:1", {});
  stage.AnswerAll();
  stage.Run(base::Seconds(10));
  EXPECT_EQ(stage.ended.size(), 1u);
  EXPECT_TRUE(stage.out.empty());
  EXPECT_EQ(stage.lanes().Pending(), 0u);
  EXPECT_EQ(stage.opened, 0u);
}

TEST(LaneClose, ThenNobodyIsWelcomedAnyMore) {
  LaneStage stage;
  stage.MakeOpen();
  stage.Run(core::kBreakerOpenFor);
  ASSERT_EQ(stage.Offer("probe").kind, Kind::kTaken);
  stage.lanes().Close();
  stage.Answer();
  EXPECT_EQ(stage.opened, 0u);
}

TEST(LaneStatistics, CountAndTellHowLongCallsTook) {
  LaneStage stage;
  for (int i = 1; i <= 10; ++i) {
    stage.Offer("a");
    stage.Run(base::Millis(i));
    stage.Answer(i == 10 ? port::Reach::kTimedOut : port::Reach::kAnswered);
  }
  const LaneStats stats = stage.StatsOf();
  EXPECT_EQ(stats.calls, 10u);
  EXPECT_EQ(stats.unknown, 1u);
  EXPECT_EQ(stats.unreachable, 1u);
  EXPECT_EQ(stats.failure_percent, 10u);
  EXPECT_EQ(stats.breaker, BreakerState::kClosed);
  EXPECT_FALSE(stats.open_until.IsSet());
  EXPECT_EQ(stats.p50, base::Millis(5));
  EXPECT_EQ(stats.p99, base::Millis(10));
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_EQ(stats.in_flight_limit, core::kLaneInFlight);
}

TEST(LaneStatistics, ComeInOrder) {
  LaneStage stage;
  for (const char* target : {"c:1/P/Do", "a:1/P/Do", "b:1/P/Do"}) stage.Offer("x", target);
  std::vector<std::string> names;
  for (const LaneStats& stats : stage.lanes().Stats()) names.push_back(stats.destination);
  EXPECT_THAT(names, ElementsAre("a:1", "b:1", "c:1"));
}

TEST(LaneOverflow, DestinationsBeyondTheMostShareOneWithoutABreaker) {
  LaneStage stage;
  for (size_t i = 0; i < core::kMaxLanes; ++i) stage.Offer("x", std::to_string(i) + ":1/P/Do");
  stage.AnswerAll();
  stage.OfferMany(100, "beyond:1/P/Do");
  stage.AnswerAll(port::Reach::kUnreachable);
  EXPECT_EQ(stage.Offer("well", "alsobeyond:1/P/Do").kind, Kind::kTaken);
  EXPECT_EQ(stage.StatsOf("(other)").calls, 101u);
  // What an operator sets is for the destination that was named.
  stage.lanes().Set("named:1", {.paused = true});
  EXPECT_EQ(stage.Offer("x", "named:1/P/Do").kind, Kind::kNotNow);
  EXPECT_EQ(stage.Offer("x", "beyond:1/P/Do").kind, Kind::kTaken);
}

}  // namespace
}  // namespace saga::engine
