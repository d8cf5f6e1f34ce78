// When things are asked again (protocol 6.2).

#include <gtest/gtest.h>

#include "orchestrator/core/retry.h"
#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::Op;
using core::Verdict;

TEST(Retry, UnknownDoublesFromTheSecondInterval) {
  Play play;
  play.Script("01", Op::kAction, std::vector<Outcome>(4, Outcome::kUnknown));
  EXPECT_EQ(play.Submit(SagaDraft(1)), Verdict::kAccepted);
  EXPECT_EQ(play.NextPass(), base::Seconds(20));
  EXPECT_EQ(play.NextPass(), base::Seconds(40));
  EXPECT_EQ(play.NextPass(), base::Seconds(80));
  EXPECT_EQ(play.NextPass(), base::Seconds(160));
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(Retry, OngoingKeepsTheIntervalItFinds) {
  Play play;
  play.Script("01", Op::kAction, {Outcome::kOngoing, Outcome::kUnknown, Outcome::kOngoing});
  EXPECT_EQ(play.Submit(SagaDraft(1)), Verdict::kAccepted);
  EXPECT_EQ(play.NextPass(), base::Seconds(10));
  EXPECT_EQ(play.NextPass(), base::Seconds(20));
  EXPECT_EQ(play.NextPass(), base::Seconds(20));
}

TEST(Retry, BaseInterval) {
  const core::Settings settings;
  EXPECT_EQ(core::BaseInterval({.retry_interval_s = 15}, settings), base::Seconds(15));
  EXPECT_EQ(core::BaseInterval({}, settings), base::Seconds(10));
  EXPECT_EQ(core::BaseInterval({.timeout_to_fail_s = 3}, settings), base::Seconds(3));
  EXPECT_EQ(core::BaseInterval({.timeout_to_fail_s = 30}, settings), base::Seconds(10));
}

TEST(Retry, DoublingStopsAtTheCap) {
  const core::Settings settings;
  EXPECT_EQ(core::RetryInterval({}, settings, 5), base::Seconds(320));
  EXPECT_EQ(core::RetryInterval({}, settings, 6), core::kMaxRetryInterval);
  EXPECT_EQ(core::RetryInterval({}, settings, 4'000'000'000u), core::kMaxRetryInterval);
  EXPECT_EQ(core::RetryInterval({.retry_interval_s = 3600}, settings, 9), base::Seconds(3600));
}

TEST(Retry, JitterIsLateNeverEarly) {
  EXPECT_EQ(core::WithJitter(base::Seconds(10), 0), base::Seconds(10));
  EXPECT_LE(core::WithJitter(base::Seconds(10), 0.999), base::Seconds(11));
}

TEST(Retry, AnOperatorMayCutTheWaitShort) {
  Play play;
  play.Script("01", Op::kAction, {Outcome::kUnknown});
  EXPECT_EQ(play.Submit(SagaDraft(1)), Verdict::kAccepted);
  EXPECT_FALSE(play.Pass());
  EXPECT_EQ(play.Do(core::RetryRequested{.actor = "ops"}), Verdict::kAccepted);
  EXPECT_TRUE(play.Pass());
  EXPECT_EQ(play.Status(), "succeed");
  EXPECT_EQ(play.Do(core::RetryRequested{.actor = "ops"}), Verdict::kNothingToRetry);
}

}  // namespace
}  // namespace saga::scenario
