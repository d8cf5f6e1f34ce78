// Jobs that replay dead letters: their pace, their end, what they survive, what they refuse.

#include "orchestrator/engine/replay_jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "orchestrator/core/limits.h"
#include "tests/unit/engine/replay_world.h"

namespace saga::engine {
namespace {

using port::ItemState;
using port::JobState;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using Fate = ReplayWorld::Fate;

constexpr base::Duration kLong = base::Seconds(100'000);

port::JobLimits Fast() {
  return {.rate = 1000, .max_in_flight = 50, .canary = 1, .stop_after_errors = 0};
}

void ExpectCounts(const port::JobCounts& counts, const port::JobCounts& expected) {
  EXPECT_EQ(counts.pending, expected.pending);
  EXPECT_EQ(counts.running, expected.running);
  EXPECT_EQ(counts.done, expected.done);
  EXPECT_EQ(counts.failed, expected.failed);
  EXPECT_EQ(counts.skipped, expected.skipped);
}

void ExpectRefused(const absl::StatusOr<JobView>& answer, absl::StatusCode code,
                   const std::string& text) {
  EXPECT_EQ(answer.status().code(), code) << answer.status();
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr(text));
}

TEST(ReplayJobs, EveryItemOfASelectionIsReplayedOnce) {
  ReplayWorld world;
  world.AddLetters(1200);
  const std::string token = world.Select();
  EXPECT_EQ(token.size(), 12u);
  ExpectCounts(world.View(token).counts, {.pending = 1200});
  world.Run(base::Seconds(60));
  EXPECT_TRUE(world.replays().empty()) << "a selection does nothing";

  const auto executed = world.Execute(token, Fast());
  ASSERT_TRUE(executed.ok());
  EXPECT_EQ(executed->job.state, JobState::kRunning);
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  const JobView view = world.View(token);
  EXPECT_EQ(view.job.state, JobState::kDone);
  EXPECT_EQ(view.job.actor, "ann@desk");
  EXPECT_EQ(view.job.reason, "it is up again");
  EXPECT_TRUE(view.job.end_time.IsSet());
  ExpectCounts(view.counts, {.done = 1200});
  EXPECT_EQ(world.replays().size(), 1200u);
  for (const auto& [letter, times] : world.replays()) EXPECT_EQ(times, 1);
  EXPECT_EQ(world.jobs().Stats().done, 1200u);
  EXPECT_EQ(world.jobs().Stats().running_jobs, 0u);
}

TEST(ReplayJobs, TheRateIsKept) {
  ReplayWorld world;
  world.AddLetters(200);
  const std::string token = world.Select();
  port::JobLimits limits = Fast();
  limits.rate = 40;
  ASSERT_TRUE(world.Execute(token, limits).ok());
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  const std::vector<base::Time>& times = world.times();
  ASSERT_EQ(times.size(), 200u);
  // In no second more than the rate and what may be caught up with.
  for (size_t i = 45; i < times.size(); ++i)
    EXPECT_GE((times[i] - times[i - 45]).micros, 1'000'000);
  EXPECT_LE((times.back() - times.front()).micros, 5'500'000);
}

TEST(ReplayJobs, NoMoreAreOutThanAllowed) {
  ReplayWorld world;
  world.AddLetters(100);
  world.fate = [](const std::string&, uint32_t) {
    return std::pair(Fate::kSucceeds, base::Seconds(2));
  };
  const std::string token = world.Select();
  port::JobLimits limits = Fast();
  limits.max_in_flight = 7;
  ASSERT_TRUE(world.Execute(token, limits).ok());
  world.Run(base::Seconds(9));
  EXPECT_EQ(world.View(token).counts.running, 7u);
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  EXPECT_EQ(world.most_out(), 7u);
}

TEST(ReplayJobs, CanariesGoFirstAndAlone) {
  ReplayWorld world;
  world.AddLetters(50);
  world.fate = [](const std::string&, uint32_t) {
    return std::pair(Fate::kSucceeds, base::Seconds(10));
  };
  const std::string token = world.Select();
  port::JobLimits limits = Fast();
  limits.canary = 3;
  ASSERT_TRUE(world.Execute(token, limits).ok());
  world.Run(base::Seconds(29));
  EXPECT_EQ(world.replays().size(), 3u);
  EXPECT_EQ(world.most_out(), 1u);
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  ExpectCounts(world.View(token).counts, {.done = 50});
  EXPECT_GT(world.most_out(), 10u);
}

TEST(ReplayJobs, ACanaryThatFailsStopsTheJob) {
  ReplayWorld world;
  world.AddLetters(50);
  world.fate = [](const std::string&, uint32_t) {
    return std::pair(Fate::kDiesAgain, base::Seconds(1));
  };
  const std::string token = world.Select();
  ASSERT_TRUE(world.Execute(token, Fast()).ok());
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  const JobView view = world.View(token);
  EXPECT_EQ(view.job.state, JobState::kStopped);
  EXPECT_THAT(view.job.stop_reason, HasSubstr("canary failed"));
  ExpectCounts(view.counts, {.pending = 49, .failed = 1});
  EXPECT_EQ(world.Items(token)[0].text, "dead again (attempts_used): no route");
  EXPECT_EQ(world.replays().size(), 1u);
}

TEST(ReplayJobs, TooManyErrorsStopIt) {
  ReplayWorld world;
  world.AddLetters(500);
  world.fate = [&](const std::string&, uint32_t) {
    return std::pair(world.replays().size() > 20 ? Fate::kDiesAgain : Fate::kSucceeds,
                     base::Millis(5));
  };
  const std::string token = world.Select();
  port::JobLimits limits = Fast();
  limits.max_in_flight = 4;
  limits.stop_after_errors = 5;
  ASSERT_TRUE(world.Execute(token, limits).ok());
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  const JobView view = world.View(token);
  EXPECT_EQ(view.job.state, JobState::kStopped);
  EXPECT_THAT(view.job.stop_reason, HasSubstr("the limit is 5"));
  EXPECT_EQ(view.counts.done, 20u);
  EXPECT_GE(view.counts.failed, 5u);
  EXPECT_LE(view.counts.failed, 9u) << "those that were out may fail too";
  EXPECT_EQ(view.counts.pending, 480 - view.counts.failed);
  EXPECT_EQ(view.counts.running, 0u);
}

TEST(ReplayJobs, WhatIsNoLongerWhatWasSelectedIsSkipped) {
  ReplayWorld world;
  world.AddLetters(6);
  const std::string token = world.Select();
  world.ReplayByHand("g0");  // has succeeded by then
  world.Remove("g3");
  world.Run(base::Seconds(1));
  world.fate = [&](const std::string& gid, uint32_t death) {
    if (gid == "g1" && death == 1) return std::pair(Fate::kDiesAgain, base::Millis(1));
    return std::pair(gid == "g2" ? Fate::kHangs : Fate::kSucceeds, base::Millis(1));
  };
  world.ReplayByHand("g1");  // dead again, for the second time
  world.ReplayByHand("g2");  // being called
  world.Run(base::Seconds(1));
  ASSERT_TRUE(world.Execute(token, Fast()).ok());
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  ExpectCounts(world.View(token).counts, {.done = 2, .skipped = 4});
  const std::vector<port::JobItem> items = world.Items(token);
  EXPECT_EQ(items[0].text, "it has succeeded, or was resolved as done");
  EXPECT_EQ(items[1].text, "it has died 2 times by now, and death 1 was meant");
  EXPECT_EQ(items[2].text, "it was replayed already and is being called");
  EXPECT_EQ(items[3].text, "there is no such transaction");
  for (const auto& [letter, times] : world.replays()) EXPECT_EQ(times, 1) << letter.first;
}

TEST(ReplayJobs, ATokenIsExecutedOnceAndNotForever) {
  ReplayWorld world;
  world.AddLetters(3);
  const std::string token = world.Select();
  const std::string old = world.Select();
  ExpectRefused(world.Execute("nosuchtoken0", Fast()), absl::StatusCode::kNotFound, "select again");
  ASSERT_TRUE(world.Execute(token, Fast()).ok());
  ExpectRefused(world.Execute(token, Fast()), absl::StatusCode::kFailedPrecondition,
                "executed once");
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  ExpectRefused(world.Execute(token, Fast()), absl::StatusCode::kFailedPrecondition,
                "is done, executed by ann@desk");
  world.Run(core::kSelectionLife + base::Seconds(1));
  const auto stale = world.Execute(old, Fast());
  EXPECT_FALSE(stale.ok());
  EXPECT_THAT(std::string(stale.status().message()), HasSubstr("select again"));
  world.Run(base::Seconds(4000));
  ExpectRefused(world.Execute(old, Fast()), absl::StatusCode::kNotFound, "select again");
}

TEST(ReplayJobs, LimitsOutOfRangeAreRefused) {
  ReplayWorld world;
  world.AddLetters(1);
  const std::string token = world.Select();
  for (const double rate : {0.0, -1.0, 1e9}) {
    port::JobLimits limits = Fast();
    limits.rate = rate;
    ExpectRefused(world.Execute(token, limits), absl::StatusCode::kInvalidArgument, "rate");
  }
  for (const uint32_t max : {0u, 1'000'000u}) {
    port::JobLimits limits = Fast();
    limits.max_in_flight = max;
    ExpectRefused(world.Execute(token, limits), absl::StatusCode::kInvalidArgument,
                  "max_in_flight");
  }
  EXPECT_TRUE(world.Execute(token, Fast()).ok());
}

TEST(ReplayJobs, AnOperatorStopsIt) {
  ReplayWorld world;
  world.AddLetters(100);
  world.fate = [](const std::string&, uint32_t) {
    return std::pair(Fate::kSucceeds, base::Seconds(3));
  };
  const std::string token = world.Select();
  ExpectRefused(world.StopJob(token), absl::StatusCode::kFailedPrecondition,
                "has not been executed");
  port::JobLimits limits = Fast();
  limits.canary = 0;
  limits.max_in_flight = 10;
  ASSERT_TRUE(world.Execute(token, limits).ok());
  world.Run(base::Seconds(4));
  const auto stopped = world.StopJob(token);
  ASSERT_TRUE(stopped.ok());
  EXPECT_EQ(stopped->job.state, JobState::kStopping);
  EXPECT_EQ(stopped->counts.running, 10u) << "what is out is waited for";
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  const JobView view = world.View(token);
  EXPECT_EQ(view.job.state, JobState::kStopped);
  EXPECT_EQ(view.job.stop_reason, "ann@desk: enough");
  ExpectCounts(view.counts, {.pending = 80, .done = 20});
  ExpectRefused(world.StopJob(token), absl::StatusCode::kFailedPrecondition, "nothing to stop");
}

TEST(ReplayJobs, ABusyEngineIsAskedAgain) {
  ReplayWorld world;
  world.AddLetters(20);
  int refusals = 0;
  world.engine_says = [&](const std::string&) {
    return ++refusals <= 30
               ? (refusals % 2 == 0 ? Answer::Kind::kOverloaded : Answer::Kind::kStoreFailed)
               : Answer::Kind::kVerdict;
  };
  const std::string token = world.Select();
  ASSERT_TRUE(world.Execute(token, Fast()).ok());
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  ExpectCounts(world.View(token).counts, {.done = 20});
  EXPECT_GT(refusals, 30);
}

TEST(ReplayJobs, AStoreThatIsAwayHoldsItUpOnly) {
  ReplayWorld world;
  world.AddLetters(300);
  const std::string token = world.Select();
  ASSERT_TRUE(world.Execute(token, Fast()).ok());
  world.Run(base::Millis(100));
  world.store_fails = [] { return true; };
  world.Run(base::Seconds(30));
  const size_t before = world.replays().size();
  EXPECT_LT(before, 300u) << "nothing is replayed that is not noted before";
  world.Run(base::Seconds(300));
  EXPECT_EQ(world.replays().size(), before);
  world.store_fails = nullptr;
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  ExpectCounts(world.View(token).counts, {.done = 300});
}

TEST(ReplayJobs, ProgressIsWrittenInBatches) {
  ReplayWorld world;
  world.AddLetters(1000);
  const std::string token = world.Select();
  port::JobLimits limits = Fast();
  limits.rate = 100;
  const uint64_t before = world.writes();
  ASSERT_TRUE(world.Execute(token, limits).ok());
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  EXPECT_LT(world.writes() - before, 150u) << "ten seconds, five writes a second";
}

TEST(ReplayJobs, AStopOfTheServerLeavesTheRestToTheNextStart) {
  ReplayWorld world;
  world.AddLetters(200);
  world.fate = [](const std::string&, uint32_t) {
    return std::pair(Fate::kSucceeds, base::Millis(300));
  };
  const std::string token = world.Select();
  port::JobLimits limits = Fast();
  limits.rate = 100;
  ASSERT_TRUE(world.Execute(token, limits).ok());
  world.Run(base::Seconds(1));
  world.StopAndStart();
  const JobView view = world.View(token);
  EXPECT_EQ(view.job.state, JobState::kRunning);
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  ExpectCounts(world.View(token).counts, {.done = 200});
  for (const auto& [letter, times] : world.replays()) EXPECT_EQ(times, 1) << letter.first;
}

TEST(ReplayJobs, ALetterThatHangsIsWaitedForAfterARestartToo) {
  ReplayWorld world;
  world.AddLetters(1);
  world.fate = [](const std::string&, uint32_t) {
    return std::pair(Fate::kSucceeds, base::Seconds(50));
  };
  const std::string token = world.Select();
  ASSERT_TRUE(world.Execute(token, Fast()).ok());
  world.Run(base::Seconds(10));
  world.Restart();
  world.Run(base::Seconds(10));
  ExpectCounts(world.View(token).counts, {.running = 1});
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  ExpectCounts(world.View(token).counts, {.done = 1});
}

uint64_t Total(const port::JobCounts& counts) {
  return counts.pending + counts.running + counts.done + counts.failed + counts.skipped;
}

// One random life of a job: kills and stops at any moment, a store that fails now and then, an
// engine that is busy now and then, letters that die again and others that somebody else replays.
void LiveThrough(uint64_t seed) {
  SCOPED_TRACE(seed);
  ReplayWorld world(seed);
  simulation::World& chance = world.world();
  const size_t total = 1 + chance.Below(150);
  world.AddLetters(total);
  const double sick = chance.Chance(0.5) ? 0.2 : 0;
  world.fate = [&](const std::string&, uint32_t) {
    return std::pair(chance.Chance(sick) ? Fate::kDiesAgain : Fate::kSucceeds,
                     chance.Between(base::Micros(100), base::Seconds(2)));
  };
  const std::string token = world.Select();
  std::set<std::string> by_hand;
  for (uint64_t i = chance.Below(5); i > 0; --i)
    by_hand.insert("g" + std::to_string(chance.Below(total)));
  for (const std::string& gid : by_hand) world.ReplayByHand(gid);
  port::JobLimits limits;
  limits.rate = static_cast<double>(1 + chance.Below(100));
  limits.max_in_flight = static_cast<uint32_t>(1 + chance.Below(20));
  limits.canary = static_cast<uint32_t>(chance.Below(4));
  limits.stop_after_errors = static_cast<uint32_t>(chance.Below(8));
  ASSERT_TRUE(world.Execute(token, limits).ok());
  world.store_fails = [&] { return chance.Chance(0.05); };
  world.engine_says = [&](const std::string&) {
    return chance.Chance(0.05) ? Answer::Kind::kOverloaded : Answer::Kind::kVerdict;
  };
  for (uint64_t lives = chance.Below(6); lives > 0; --lives) {
    world.RunToEnd(token, chance.Between(base::Micros(0), base::Seconds(3)));
    EXPECT_EQ(Total(world.View(token).counts), total);
    chance.Chance(0.7) ? world.Restart() : world.StopAndStart();
    if (chance.Chance(0.1)) (void)world.StopJob(token);
  }
  ASSERT_TRUE(world.RunToEnd(token, kLong));
  world.store_fails = nullptr;

  const JobView view = world.View(token);
  EXPECT_EQ(Total(view.counts), total);
  EXPECT_EQ(view.counts.running, 0u);
  if (view.job.state == JobState::kDone) {
    EXPECT_EQ(view.counts.pending, 0u);
  }
  for (const auto& [letter, times] : world.replays()) EXPECT_EQ(times, 1) << letter.first;
  for (const port::JobItem& item : world.Items(token)) {
    const bool replayed = world.replays().contains({item.gid, item.death});
    const bool ended = item.state == ItemState::kDone || item.state == ItemState::kFailed;
    // What this job replayed it knows the end of. Of what somebody else did it says so, or, if it
    // was killed just before, how that ended.
    if (!by_hand.contains(item.gid)) {
      EXPECT_EQ(ended, replayed) << item.gid;
    }
    EXPECT_EQ(item.state == ItemState::kSkipped, !item.text.empty() && !ended) << item.gid;
  }
}

TEST(ReplayJobs, NothingIsReplayedTwiceAndEveryItemAddsUpWhateverHappens) {
  for (uint64_t seed = 1; seed <= 2000 && !testing::Test::HasFailure(); ++seed) LiveThrough(seed);
}

}  // namespace
}  // namespace saga::engine
