// When a branch that has a retry policy of its own is asked again.

#include <gtest/gtest.h>

#include "orchestrator/core/retry.h"
#include "tests/scenario/play.h"

namespace saga::scenario {
namespace {

using core::Op;
using core::RetryPolicy;
using core::Verdict;

core::GlobalTransaction WithPolicy(const RetryPolicy& policy) {
  core::GlobalTransaction draft = SagaDraft(1);
  draft.branches[1].retry = policy;
  return draft;
}

// The pause before each of the next `count` calls of an action that is never answered, in seconds.
std::vector<double> Pauses(const RetryPolicy& policy, size_t count,
                           const core::Options& options = {}) {
  Play play;
  play.Script("01", Op::kAction, std::vector<Outcome>(count, Outcome::kUnknown));
  core::GlobalTransaction draft = WithPolicy(policy);
  draft.options = options;
  EXPECT_EQ(play.Submit(draft), Verdict::kAccepted);
  std::vector<double> pauses;
  for (size_t i = 0; i < count; ++i)
    pauses.push_back(static_cast<double>(play.NextPass().micros) / 1e6);
  return pauses;
}

using Seconds = std::vector<double>;

TEST(RetryPolicy, TheIntervalIsThePauseBeforeTheFirstRepeat) {
  EXPECT_EQ(Pauses({.interval = base::Seconds(2)}, 4), (Seconds{2, 4, 8, 16}));
}

TEST(RetryPolicy, TheFactorIsFromOneUnknownOutcomeToTheNext) {
  EXPECT_EQ(Pauses({.interval = base::Seconds(4), .factor = 1.5}, 4), (Seconds{4, 6, 9, 13.5}));
  EXPECT_EQ(Pauses({.interval = base::Seconds(4), .factor = 1}, 4), (Seconds{4, 4, 4, 4}));
}

TEST(RetryPolicy, TheCapEndsTheGrowing) {
  EXPECT_EQ(Pauses({.interval = base::Seconds(2), .factor = 3, .cap = base::Seconds(10)}, 4),
            (Seconds{2, 6, 10, 10}));
}

TEST(RetryPolicy, WithoutACapTheServersCounts) {
  EXPECT_EQ(Pauses({.interval = base::Seconds(200)}, 4), (Seconds{200, 400, 600, 600}));
  EXPECT_EQ(Pauses({.interval = base::Seconds(900)}, 2), (Seconds{900, 900}));
}

TEST(RetryPolicy, WhatItDoesNotNameIsAsTheTransactionHasIt) {
  EXPECT_EQ(Pauses({.factor = 3}, 3, {.retry_interval_s = 7}), (Seconds{7, 21, 63}));
  EXPECT_EQ(Pauses({.cap = base::Seconds(15)}, 3), (Seconds{10, 15, 15}));
}

// DTM's timing, of which the limit says nothing.
TEST(RetryPolicy, OneOfALimitAloneChangesNoTiming) {
  EXPECT_EQ(Pauses({.attempt_limit = 20}, 4), Pauses({}, 4));
  EXPECT_EQ(Pauses({}, 4), (Seconds{20, 40, 80, 160}));
}

TEST(RetryPolicy, OngoingKeepsTheIntervalItFinds) {
  Play play;
  play.Script("01", Op::kAction,
              {Outcome::kOngoing, Outcome::kUnknown, Outcome::kUnknown, Outcome::kOngoing});
  (void)play.Submit(WithPolicy({.interval = base::Seconds(2)}));
  EXPECT_EQ(play.NextPass(), base::Seconds(2));
  EXPECT_EQ(play.NextPass(), base::Seconds(2));
  EXPECT_EQ(play.NextPass(), base::Seconds(4));
  EXPECT_EQ(play.NextPass(), base::Seconds(4));
  EXPECT_EQ(play.Status(), "succeed");
}

TEST(RetryPolicy, OneStepsPolicyIsNotAnothers) {
  core::GlobalTransaction transaction = SagaDraft(2);
  transaction.branches[1].retry = {.interval = base::Seconds(1)};
  for (core::Branch& branch : transaction.branches) branch.unknown_streak = 1;
  const core::Settings settings;
  EXPECT_EQ(core::RetryDelay(transaction, transaction.branches[1], settings, 0), base::Seconds(1));
  EXPECT_EQ(core::RetryDelay(transaction, transaction.branches[0], settings, 0), base::Seconds(20));
  EXPECT_EQ(core::RetryDelay(transaction, transaction.branches[3], settings, 0), base::Seconds(20));
}

TEST(RetryPolicy, JitterIsTheShareItNamesLateAndNeverEarly) {
  core::GlobalTransaction transaction = WithPolicy({.interval = base::Seconds(10), .jitter = 0.5});
  core::Branch& branch = transaction.branches[1];
  branch.unknown_streak = 1;
  const core::Settings settings;
  EXPECT_EQ(core::RetryDelay(transaction, branch, settings, 0), base::Seconds(10));
  EXPECT_EQ(core::RetryDelay(transaction, branch, settings, 0.5), base::Millis(12'500));
  EXPECT_LT(core::RetryDelay(transaction, branch, settings, 0.999), base::Seconds(15));
  branch.retry.jitter = 0;  // the server's
  EXPECT_LE(core::RetryDelay(transaction, branch, settings, 0.999), base::Seconds(11));
}

TEST(RetryPolicy, ALongStreakNeitherOverflowsNorTakesLong) {
  core::GlobalTransaction transaction =
      WithPolicy({.interval = base::Seconds(1), .factor = 10, .cap = base::Seconds(3600)});
  transaction.branches[1].unknown_streak = 4'000'000'000u;
  EXPECT_EQ(core::RetryDelay(transaction, transaction.branches[1], {}, 0), base::Seconds(3600));
  transaction.branches[1].retry.factor = 1;
  transaction.branches[1].retry.cap = {};
  EXPECT_EQ(core::RetryDelay(transaction, transaction.branches[1], {}, 0), base::Seconds(1));
}

}  // namespace
}  // namespace saga::scenario
