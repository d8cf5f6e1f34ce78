// When a call goes over the fallback instead, and how it finds its way back.

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/engine/lane_stage.h"

namespace saga::engine {
namespace {

using Kind = Offered::Kind;

constexpr char kTarget[] = "participant://product/Deduct";

class LaneFallback : public testing::Test {
 protected:
  LaneFallback() {
    stage.facts = {{.name = "product",
                    .command_topic = "saga.cmd.product",
                    .method = "/product.Product/Deduct"}};
  }
  Offered Offer(uint32_t streak, core::Op op = core::Op::kAction) {
    return stage.Offer("a", kTarget, streak, nullptr, op);
  }

  LaneStage stage{{.messages = true}};
};

TEST_F(LaneFallback, AnOpenBreakerSendsCallsThere) {
  stage.MakeOpen(kTarget);
  const Offered offered = Offer(0);
  EXPECT_EQ(offered.kind, Kind::kFallback);
  EXPECT_EQ(offered.facts.command_topic, "saga.cmd.product");
  EXPECT_EQ(offered.facts.method, "/product.Product/Deduct");
  EXPECT_EQ(stage.StatsOf("product").by_fallback, 1u);
  EXPECT_EQ(stage.StatsOf("product").participant, "product");
  EXPECT_TRUE(stage.out.empty());
}

TEST_F(LaneFallback, TheProbeIsStillACallAndTheWayBack) {
  stage.MakeOpen(kTarget);
  stage.Run(core::kBreakerOpenFor);
  EXPECT_EQ(Offer(2).kind, Kind::kTaken);
  EXPECT_EQ(Offer(0).kind, Kind::kFallback);  // the probe is out
  stage.Answer();
  EXPECT_EQ(Offer(0).kind, Kind::kTaken);
  EXPECT_EQ(stage.StatsOf("product").by_fallback, 1u);
}

TEST_F(LaneFallback, AStreakOfUnknownOutcomesTakesTurns) {
  for (uint32_t streak = 0; streak < 3; ++streak) EXPECT_EQ(Offer(streak).kind, Kind::kTaken);
  for (uint32_t streak = 3; streak < 20; ++streak) {
    EXPECT_EQ(Offer(streak).kind, streak % 2 == 1 ? Kind::kFallback : Kind::kTaken) << streak;
  }
}

TEST_F(LaneFallback, QuestionsToTheInitiatorNeverGoThere) {
  stage.MakeOpen(kTarget);
  for (const core::Op op : {core::Op::kQuery, core::Op::kCallback}) {
    EXPECT_EQ(Offer(3, op).kind, Kind::kNotNow);
  }
  for (const core::Op op :
       {core::Op::kAction, core::Op::kCompensate, core::Op::kConfirm, core::Op::kCancel}) {
    EXPECT_EQ(Offer(0, op).kind, Kind::kFallback);
  }
}

TEST_F(LaneFallback, NobodyWithoutACommandTopicGoesThere) {
  stage.facts->command_topic.clear();
  EXPECT_EQ(Offer(3).kind, Kind::kTaken);
  stage.AnswerAll();
  stage.MakeOpen(kTarget);
  EXPECT_EQ(Offer(0).kind, Kind::kNotNow);
}

TEST_F(LaneFallback, NobodyWhoDidNotRegisterGoesThere) {
  stage.facts.reset();
  EXPECT_EQ(Offer(3).kind, Kind::kTaken);
  stage.AnswerAll();
  stage.MakeOpen(kTarget);
  EXPECT_EQ(Offer(0).kind, Kind::kNotNow);
}

TEST_F(LaneFallback, WhenTheLogIsAwayTooWorkWaits) {
  stage.reachable = false;
  EXPECT_EQ(Offer(3).kind, Kind::kTaken);
  stage.AnswerAll();
  stage.MakeOpen(kTarget);
  EXPECT_EQ(Offer(0).kind, Kind::kNotNow);
  stage.reachable = true;
  EXPECT_EQ(Offer(0).kind, Kind::kFallback);
}

TEST_F(LaneFallback, APausedDestinationGetsNothingByAnyWay) {
  stage.MakeOpen(kTarget);
  stage.lanes().Set("product", {.paused = true});
  const Offered offered = Offer(3);
  EXPECT_EQ(offered.kind, Kind::kNotNow);
  EXPECT_EQ(offered.retry_at, base::kNever);
}

TEST_F(LaneFallback, WithoutAThresholdOnlyTheBreakerDecides) {
  LaneStage other({.fallback_after_unknown = 0, .messages = true});
  other.facts = stage.facts;
  EXPECT_EQ(other.Offer("a", kTarget, 100).kind, Kind::kTaken);
  other.AnswerAll();
  other.MakeOpen(kTarget);
  EXPECT_EQ(other.Offer("a", kTarget, 0).kind, Kind::kFallback);
}

TEST_F(LaneFallback, HealthyCallsAskTheDirectoryOnceASecondAndNoMore) {
  for (int i = 0; i < 100; ++i) Offer(0);
  EXPECT_EQ(stage.facts_asked, 1u);
  stage.Run(base::Millis(999));
  Offer(0);
  EXPECT_EQ(stage.facts_asked, 1u);
  stage.Run(base::Millis(1));
  Offer(0);
  EXPECT_EQ(stage.facts_asked, 2u);
}

TEST_F(LaneFallback, AParticipantsCapacityLimitsItsCalls) {
  stage.facts->capacity = 3;
  stage.OfferMany(10, kTarget);
  EXPECT_EQ(stage.out.size(), 3u);
  EXPECT_EQ(stage.StatsOf("product").in_flight_limit, 3u);
  stage.facts->capacity = 6;  // another instance came
  stage.Run(base::Seconds(1));
  stage.OfferMany(1, kTarget);
  EXPECT_EQ(stage.out.size(), 6u);
  stage.facts->capacity = 0;
  stage.Run(base::Seconds(1));
  stage.OfferMany(1, kTarget);
  EXPECT_EQ(stage.out.size(), 12u);
}

TEST_F(LaneFallback, ItIsNoMoreThanWhatIsConfiguredButAnOperatorMaySayMore) {
  stage.facts->capacity = 100'000;
  stage.OfferMany(1, kTarget);
  EXPECT_EQ(stage.StatsOf("product").in_flight_limit, core::kLaneInFlight);
  stage.facts->capacity = 2;
  stage.lanes().Set("product", {.in_flight = 500});
  stage.Run(base::Seconds(1));
  stage.OfferMany(1, kTarget);
  EXPECT_EQ(stage.StatsOf("product").in_flight_limit, 500u);
}

}  // namespace
}  // namespace saga::engine
