// Who is not there is not called, and is called again when it is.

#include <atomic>
#include <memory>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/lane_stage.h"

namespace saga::engine {
namespace {

using testing::HasSubstr;
using Kind = Offered::Kind;

TEST(LaneBreaker, OpenItTellsWhenToComeBack) {
  LaneStage stage;
  stage.MakeOpen();
  const LaneStats stats = stage.StatsOf();
  EXPECT_EQ(stats.breaker, BreakerState::kOpen);
  EXPECT_EQ(stats.open_until, stage.Now() + core::kBreakerOpenFor);
  EXPECT_EQ(stats.failure_percent, 100u);
  const Offered offered = stage.Offer("a");
  EXPECT_EQ(offered.kind, Kind::kNotNow);
  EXPECT_EQ(offered.retry_at, stats.open_until);
  EXPECT_TRUE(stage.out.empty());
  EXPECT_EQ(stage.Offer("elsewhere", "q:1/P/Do").kind, Kind::kTaken);
}

TEST(LaneBreaker, ThoseItTurnsAwayDoNotAllComeBackAtOnce) {
  LaneStage stage;
  stage.MakeOpen();
  base::Time last;
  for (int i = 0; i < 1000; ++i) {
    const Offered offered = stage.Offer("a");
    ASSERT_GT(offered.retry_at, last);
    last = offered.retry_at;
  }
  EXPECT_LE(last, stage.StatsOf().open_until + core::kBreakerMaxOpenFor);
}

TEST(LaneBreaker, OneProbeAndAGoodOneOpensTheLane) {
  LaneStage stage;
  stage.MakeOpen();
  stage.Run(core::kBreakerOpenFor);
  EXPECT_EQ(stage.Offer("probe").kind, Kind::kTaken);
  EXPECT_EQ(stage.StatsOf().breaker, BreakerState::kHalfOpen);
  const Offered second = stage.Offer("second");
  EXPECT_EQ(second.kind, Kind::kNotNow);
  EXPECT_GT(second.retry_at, stage.Now());
  EXPECT_EQ(stage.opened, 0u);
  stage.Answer();
  EXPECT_EQ(stage.opened, 1u);
  EXPECT_EQ(stage.StatsOf().breaker, BreakerState::kClosed);
  EXPECT_EQ(stage.Offer("second").kind, Kind::kTaken);
}

TEST(LaneBreaker, ABadProbeKeepsItShut) {
  LaneStage stage;
  stage.MakeOpen();
  stage.Run(core::kBreakerOpenFor);
  stage.Offer("probe");
  stage.Answer(port::Reach::kTimedOut);
  EXPECT_EQ(stage.opened, 0u);
  EXPECT_EQ(stage.StatsOf().open_until, stage.Now() + base::Seconds(4));
  EXPECT_EQ(stage.Offer("a").kind, Kind::kNotNow);
}

TEST(LaneBreaker, WhatIsQueuedWhenItOpensIsAnsweredAtOnce) {
  LaneStage stage({.settings = {.in_flight = 20}});
  stage.OfferMany(100);
  const auto off = std::make_shared<std::atomic<bool>>(true);
  stage.Offer("unwanted", "p:1/P/Do", 0, off);
  stage.AnswerAll(port::Reach::kUnreachable);
  // Twenty failed, and each but the last let the next one go.
  EXPECT_EQ(stage.StatsOf().queued, 0u);
  EXPECT_EQ(stage.ended.size(), 100u);
  EXPECT_EQ(stage.lanes().Pending(), 0u);
  const port::BranchReply& shed = stage.ended[50].reply;
  EXPECT_EQ(shed.outcome, core::Outcome::kUnknown);
  EXPECT_EQ(shed.reach, port::Reach::kUnreachable);
  EXPECT_THAT(shed.text, HasSubstr("the circuit breaker of p:1 opened"));
  // They were not called, and nothing says so.
  EXPECT_EQ(stage.StatsOf().calls, 39u);
  EXPECT_EQ(stage.StatsOf().unreachable, 39u);
}

TEST(LaneBreaker, LateAnswersOfBeforeDoNotCloseIt) {
  LaneStage stage;
  stage.OfferMany(30);
  for (int i = 0; i < 20; ++i) stage.Answer(port::Reach::kTimedOut);
  ASSERT_EQ(stage.StatsOf().breaker, BreakerState::kOpen);
  stage.AnswerAll();
  EXPECT_EQ(stage.StatsOf().breaker, BreakerState::kOpen);
  EXPECT_EQ(stage.opened, 0u);
}

TEST(LaneBreaker, NorDoLateFailuresOfBeforeOpenItAgain) {
  LaneStage stage;
  stage.OfferMany(60);
  for (int i = 0; i < 20; ++i) stage.Answer(port::Reach::kTimedOut);
  stage.Run(core::kBreakerOpenFor);
  ASSERT_EQ(stage.Offer("probe").kind, Kind::kTaken);
  std::swap(stage.out.front(), stage.out.back());
  stage.Answer();
  ASSERT_EQ(stage.StatsOf().breaker, BreakerState::kClosed);
  stage.AnswerAll(port::Reach::kTimedOut);
  EXPECT_EQ(stage.StatsOf().breaker, BreakerState::kClosed);
}

TEST(LaneBreaker, WhatAParticipantAnswersNeverOpensIt) {
  LaneStage stage;
  for (int i = 0; i < 1000; ++i) {
    stage.Offer("a");
    LaneStage::Out out = std::move(stage.out.front());
    stage.out.pop_front();
    out.done(
        {.outcome = i % 2 == 0 ? core::Outcome::kUnknown : core::Outcome::kFailure, .text = "no"});
  }
  EXPECT_EQ(stage.StatsOf().breaker, BreakerState::kClosed);
  EXPECT_EQ(stage.StatsOf().failure_percent, 0u);
  EXPECT_EQ(stage.StatsOf().unreachable, 0u);
  EXPECT_EQ(stage.StatsOf().unknown, 500u);
}

TEST(LaneBreaker, SlowCallsOpenItWhereThatIsSet) {
  LaneSettings settings;
  settings.breaker.slow_call = base::Millis(100);
  LaneStage stage({.settings = settings});
  for (int round = 0; round < 2; ++round) {
    stage.OfferMany(20);
    stage.Run(round == 0 ? base::Millis(100) : base::Millis(101));
    stage.AnswerAll();
    EXPECT_EQ(stage.StatsOf().breaker, round == 0 ? BreakerState::kClosed : BreakerState::kOpen);
  }
  // A probe that is slow again does not close it.
  stage.Run(core::kBreakerOpenFor);
  stage.OfferMany(1);
  stage.Run(base::Millis(101));
  stage.Answer();
  EXPECT_EQ(stage.StatsOf().breaker, BreakerState::kOpen);
}

TEST(LaneBreaker, AProbeKeepsTheLimits) {
  LaneStage stage({.settings = {.in_flight = 21}});
  stage.OfferMany(21);
  for (int i = 0; i < 20; ++i) stage.Answer(port::Reach::kTimedOut);
  ASSERT_EQ(stage.StatsOf().breaker, BreakerState::kOpen);
  stage.lanes().Set("p:1", {.in_flight = 1});
  stage.Run(core::kBreakerOpenFor);
  const Offered offered = stage.Offer("probe");  // one that hangs is still out
  EXPECT_EQ(offered.kind, Kind::kNotNow);
  EXPECT_GT(offered.retry_at, stage.Now());
  stage.Answer(port::Reach::kTimedOut);
  EXPECT_EQ(stage.Offer("probe").kind, Kind::kTaken);
}

TEST(LaneBreaker, AProbeTakesAToken) {
  LaneStage stage;
  stage.MakeOpen();
  stage.lanes().Set("p:1", {.rate = 0.2});
  stage.Run(core::kBreakerOpenFor);
  EXPECT_EQ(stage.Offer("probe").kind, Kind::kTaken);
  stage.Answer(port::Reach::kUnreachable);
  stage.Run(base::Seconds(4));
  const Offered offered = stage.Offer("probe");
  EXPECT_EQ(offered.kind, Kind::kNotNow);
  EXPECT_GE(offered.retry_at, stage.Now() + base::Millis(990));
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.Offer("probe").kind, Kind::kTaken);
}

TEST(LaneBreaker, ResumingClosesIt) {
  LaneStage stage;
  stage.MakeOpen();
  stage.lanes().Set("p:1", {.paused = true});
  stage.lanes().Set("p:1", {});
  EXPECT_EQ(stage.opened, 1u);
  EXPECT_EQ(stage.Offer("a").kind, Kind::kTaken);
}

TEST(LaneBreaker, ItCanBeTurnedOff) {
  LaneSettings settings;
  settings.breaker.min_calls = 0;
  LaneStage stage({.settings = settings});
  stage.OfferMany(200);
  stage.AnswerAll(port::Reach::kUnreachable);
  EXPECT_EQ(stage.Offer("a").kind, Kind::kTaken);
}

}  // namespace
}  // namespace saga::engine
