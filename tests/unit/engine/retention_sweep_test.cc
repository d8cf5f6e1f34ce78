// Forgetting in the background: by age, in small calls, with rests, and again after failures.

#include "orchestrator/engine/retention_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/simulation/sim_executor.h"

namespace saga::engine {
namespace {

// Holds `old` transactions that are old enough; each call takes `takes`.
class Shelf : public port::Retention {
 public:
  explicit Shelf(simulation::World* world) : world_(world) {}

  absl::StatusOr<port::Forgotten> DeleteFinished(base::Time before, size_t limit) override {
    calls.push_back(world_->Now());
    ages.push_back(world_->Now() - before);
    if (!answers) return absl::UnavailableError("the disk is full");
    const uint64_t now = std::min<uint64_t>(old, limit);
    largest = std::max(largest, now);
    old -= now;
    return port::Forgotten{.transactions = now, .complete = old == 0};
  }

  uint64_t old = 0;
  bool answers = true;
  uint64_t largest = 0;
  std::vector<base::Time> calls;
  std::vector<base::Duration> ages;

 private:
  simulation::World* const world_;
};

class RetentionSweepTest : public testing::Test {
 protected:
  void Start(base::Duration keep) {
    sweep_ = std::make_unique<RetentionSweep>(
        RetentionSweep::Ports{.store = &shelf_, .clock = &world_, .executor = &executor_}, keep);
    sweep_->Start();
  }
  void Run(base::Duration time) {
    world_.RunUntil(world_.Now() + time, [] { return false; });
  }

  simulation::World world_{1};
  simulation::SimExecutor executor_{&world_, [](const std::string&) { return base::Micros(10); }};
  Shelf shelf_{&world_};
  std::unique_ptr<RetentionSweep> sweep_;
};

TEST_F(RetentionSweepTest, ForgetsByAgeInSmallCallsWithRests) {
  shelf_.old = 1000;
  Start(base::Seconds(3600));
  Run(base::Seconds(59));
  EXPECT_TRUE(shelf_.calls.empty()) << "a start has other work first";
  Run(base::Seconds(3));
  EXPECT_EQ(sweep_->forgotten(), 1000u);
  EXPECT_EQ(shelf_.largest, kForgetAtOnce);
  ASSERT_EQ(shelf_.calls.size(), 8u);
  for (const base::Duration age : shelf_.ages) EXPECT_EQ(age, base::Seconds(3600));
  for (size_t i = 1; i < shelf_.calls.size(); ++i)
    EXPECT_GE(shelf_.calls[i] - shelf_.calls[i - 1], base::Millis(5)) << "call " << i;
}

TEST_F(RetentionSweepTest, LooksOnceInAWhileWhenThereIsNothing) {
  Start(base::Seconds(30 * 24 * 3600));
  Run(base::Seconds(3601));
  EXPECT_EQ(shelf_.calls.size(), 60u);
  EXPECT_EQ(sweep_->forgotten(), 0u);
}

TEST_F(RetentionSweepTest, WhatIsKeptForSecondsIsLookedForEverySecond) {
  Start(base::Seconds(2));
  Run(base::Millis(5500));
  EXPECT_EQ(shelf_.calls.size(), 5u);
}

TEST_F(RetentionSweepTest, AStoreThatDoesNotAnswerIsAskedAgain) {
  shelf_.old = 10;
  shelf_.answers = false;
  Start(base::Seconds(10));
  Run(base::Seconds(30));
  EXPECT_GE(sweep_->failures(), 2u);
  EXPECT_LE(sweep_->failures(), 4u);
  shelf_.answers = true;
  Run(base::Seconds(11));
  EXPECT_EQ(sweep_->forgotten(), 10u);
}

TEST_F(RetentionSweepTest, NothingIsAskedAfterTheStop) {
  shelf_.old = 10;
  Start(base::Seconds(10));
  sweep_->Stop();
  Run(base::Seconds(120));
  EXPECT_TRUE(shelf_.calls.empty());
}

}  // namespace
}  // namespace saga::engine
