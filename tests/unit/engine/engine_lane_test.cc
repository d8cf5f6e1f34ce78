// One sick participant hurts nobody else.

#include <algorithm>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "orchestrator/engine/lane.h"
#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

Scripted SickOrWell(const port::BranchCall& call) {
  return {.hangs = call.target.rfind("sick", 0) == 0};
}

TEST(EngineLane, AThousandOnADeadParticipantDoNotDelayTheOthers) {
  Stage stage;
  stage.participant = SickOrWell;
  for (int i = 0; i < 1000; ++i) {
    stage.engine().Submit({Stage::Saga("s" + std::to_string(i), 2, "sick:1")}, WaitFor::kStored,
                          [](Answer) {});
  }
  for (int i = 0; i < 100; ++i) {
    stage.engine().Submit({Stage::Saga("w" + std::to_string(i), 2, "well:1")}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 100u);
}

TEST(EngineLane, NorAfterARestart) {
  Stage stage;
  stage.participant = SickOrWell;
  for (int i = 0; i < 1000; ++i) {
    stage.engine().Submit({Stage::Saga("s" + std::to_string(i), 2, "sick:1")}, WaitFor::kStored,
                          [](Answer) {});
  }
  for (int i = 0; i < 60; ++i) {
    stage.engine().Submit({Stage::Saga("w" + std::to_string(i), 2, "well:1")}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.Run(base::Micros(2500));  // all stored, hardly any ended
  ASSERT_LT(stage.engine().Stats().ended_succeed, 60u);
  stage.Restart();
  stage.Run(base::Seconds(1));
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(stage.StatusOf("w" + std::to_string(i)), core::Status::kSucceed);
}

TEST(EngineLane, NoMoreCallsAreOutAtOnceThanTheLimit) {
  Stage stage({.lane = {.in_flight = 7}});
  size_t out = 0;
  size_t most = 0;
  stage.participant = [&](const port::BranchCall&) -> Scripted {
    most = std::max(most, ++out);
    stage.world().After(base::Millis(10), [&] { --out; });
    return {.after = base::Millis(10)};
  };
  for (int i = 0; i < 50; ++i) {
    stage.engine().Submit({Stage::Saga("g" + std::to_string(i), 1)}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 50u);
  EXPECT_LE(most, 8u);  // the next call leaves while the last answer is still being told
  EXPECT_GE(most, 7u);
}

TEST(EngineLane, AFullQueueHoldsBackAndLosesNothing) {
  Stage stage({.lane = {.in_flight = 2, .queue = 3}});
  for (int i = 0; i < 40; ++i) {
    stage.engine().Submit({Stage::Saga("g" + std::to_string(i), 2)}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.Run(base::Seconds(60));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 40u);
  EXPECT_EQ(stage.calls.size(), 80u);  // held back is not an attempt
}

// Takes `host` away and brings it back.
class Outage {
 public:
  Outage(Stage* stage, std::string host) {
    stage->participant = [this, host = std::move(host)](const port::BranchCall& call) -> Scripted {
      const bool there = !away || call.target.rfind(host, 0) != 0;
      if (there) return {};
      return {.outcome = core::Outcome::kUnknown, .reach = port::Reach::kUnreachable};
    };
  }

  bool away = true;
};

TEST(EngineLane, WhoIsAwayIsHardlyCalledAndEverythingEndsSoonAfterTheReturn) {
  Stage stage;
  Outage outage(&stage, "sick");
  for (int i = 0; i < 1000; ++i) {
    stage.engine().Submit({Stage::Saga("s" + std::to_string(i), 1, "sick:1")}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.Run(base::Seconds(1));
  const size_t before = stage.calls.size();
  stage.Run(base::Seconds(600));
  // A probe every thirty seconds at most, instead of a thousand retries every few minutes.
  EXPECT_LE(stage.calls.size() - before, 40u);
  EXPECT_GE(stage.calls.size() - before, 10u);
  outage.away = false;
  stage.Run(core::kBreakerMaxOpenFor + core::kBreakerMaxOpenFor + base::Seconds(1));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 1000u);
}

TEST(EngineLane, APauseStopsCallsAndLosesNothing) {
  Stage stage({.lane = {.in_flight = 5}});
  for (int i = 0; i < 50; ++i) {
    stage.engine().Submit({Stage::Saga("g" + std::to_string(i), 2)}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.engine().SetDestination("p:1", {.paused = true});
  stage.Run(base::Seconds(100));
  const size_t calls = stage.calls.size();
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 0u);
  EXPECT_TRUE(stage.engine().Quiet());
  stage.Run(base::Seconds(1000));
  EXPECT_EQ(stage.calls.size(), calls);
  stage.engine().SetDestination("p:1", {});
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 50u);
  EXPECT_EQ(stage.calls.size(), 100u);  // none was made twice
}

TEST(EngineLane, ARateSpreadsCallsAndLosesNothing) {
  Stage stage({.lane = {.rate = 20}});
  for (int i = 0; i < 100; ++i) {
    stage.engine().Submit({Stage::Saga("g" + std::to_string(i), 1)}, WaitFor::kStored,
                          [](Answer) {});
  }
  for (int second = 1; second <= 4; ++second) {
    stage.Run(base::Seconds(1));
    EXPECT_NEAR(static_cast<double>(stage.calls.size()), 2 + 20 * second, 2);
  }
  stage.engine().SetDestination("p:1", {.rate = 1000});
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 100u);
}

TEST(EngineLane, CallsThatFailOnTheSpotDoNotNest) {
  // Ten thousand calls that end before Call returns, from one queue: a recursion would not survive
  // it.
  class Refusing : public port::BranchCaller {
   public:
    void Call(port::BranchCall, Done done) override {
      ++calls;
      if (calls == 1) {
        held = std::move(done);
      } else {
        done({core::Outcome::kUnknown, "bad target"});
      }
    }
    size_t calls = 0;
    Done held;
  };
  Refusing caller;
  simulation::World world{1};
  const LaneSettings settings = {.in_flight = 1, .breaker = {.min_calls = 0}};
  auto lanes = std::make_shared<LaneSet>(
      settings, 0, LaneSet::Ports{.caller = &caller, .clock = &world}, nullptr);
  size_t ended = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Offered offered = lanes->Offer(
        {.target = "p:1/P/M"}, [&](port::BranchReply) { ++ended; }, 0);
    ASSERT_EQ(offered.kind, Offered::Kind::kTaken);
  }
  caller.held({core::Outcome::kSuccess, ""});
  EXPECT_EQ(ended, 10'000u);
  EXPECT_EQ(lanes->Pending(), 0u);
}

}  // namespace
}  // namespace saga::engine
