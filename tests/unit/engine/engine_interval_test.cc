// How long until a branch is called again: the rows of protocol 6.2 that are about answers. The
// production engine under simulated time.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/timeline.h"

namespace saga::engine {
namespace {

using core::Mode;
using core::Op;
using core::Outcome;
using testing::ElementsAre;

constexpr base::Duration kLong = base::Seconds(100'000);

struct BaseCase {
  int64_t retry_interval_s;
  int64_t timeout_to_fail_s;
  int64_t configured_s;
  double expected_s;
};

TEST(EngineInterval, Base) {
  const std::vector<BaseCase> cases = {
      {0, 0, 10, 10},   // neither is named: as configured
      {15, 0, 10, 15},  // its own counts, be it longer
      {3, 0, 10, 3},    // or shorter
      {0, 3, 10, 3},    // a timeout that is shorter than what is configured
      {0, 30, 10, 10},  // ... that is longer
      {0, 10, 10, 10},  // ... that is just as long
      {15, 3, 10, 15},  // its own counts before its timeout
      {0, 0, 20, 20},  {0, 15, 20, 15},
  };
  for (const BaseCase& c : cases) {
    SCOPED_TRACE(testing::Message()
                 << c.retry_interval_s << ", " << c.timeout_to_fail_s << ", " << c.configured_s);
    Timeline timeline({.retry_interval = base::Seconds(c.configured_s)});
    timeline.Script("01", Op::kAction, {Outcome::kOngoing, Outcome::kOngoing});
    timeline.Submit(DraftOf(
        Mode::kMessage, 1,
        {.timeout_to_fail_s = c.timeout_to_fail_s, .retry_interval_s = c.retry_interval_s}));
    timeline.Run(kLong);
    EXPECT_THAT(timeline.Gaps("01", Op::kAction),
                ElementsAre(Exactly(0), Interval(c.expected_s), Interval(c.expected_s)));
  }
}

TEST(EngineInterval, EveryUnknownOutcomeDoublesItUpToTheCap) {
  Timeline timeline;
  timeline.Script("01", Op::kAction, std::vector<Outcome>(8, Outcome::kUnknown));
  timeline.Submit(DraftOf(Mode::kSaga, 1));
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction),
              ElementsAre(Exactly(0), Interval(20), Interval(40), Interval(80), Interval(160),
                          Interval(320), Interval(600), Interval(600), Interval(600)));
  EXPECT_EQ(timeline.Status(), core::Status::kSucceed);
}

TEST(EngineInterval, TheCapIsAsConfigured) {
  Timeline timeline({.max_retry_interval = base::Seconds(60)});
  timeline.Script("01", Op::kAction, std::vector<Outcome>(4, Outcome::kUnknown));
  timeline.Submit(DraftOf(Mode::kSaga, 1));
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction),
              ElementsAre(Exactly(0), Interval(20), Interval(40), Interval(60), Interval(60)));
}

TEST(EngineInterval, AnOwnIntervalBeyondTheCapIsKept) {
  Timeline timeline({.max_retry_interval = base::Seconds(60)});
  timeline.Script("01", Op::kAction, {Outcome::kUnknown, Outcome::kUnknown});
  timeline.Submit(DraftOf(Mode::kSaga, 1, {.retry_interval_s = 120}));
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction),
              ElementsAre(Exactly(0), Interval(120), Interval(120)));
}

TEST(EngineInterval, OngoingRepeatsAtThePresentOne) {
  Timeline timeline;
  timeline.Script("01", Op::kAction,
                  {Outcome::kOngoing, Outcome::kUnknown, Outcome::kOngoing, Outcome::kUnknown,
                   Outcome::kOngoing});
  timeline.Submit(DraftOf(Mode::kSaga, 1));
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction),
              ElementsAre(Exactly(0), Interval(10), Interval(20), Interval(20), Interval(40),
                          Interval(40)));
}

TEST(EngineInterval, SuccessStartsOver) {
  Timeline timeline;
  timeline.Script("01", Op::kAction, {Outcome::kUnknown, Outcome::kUnknown});
  timeline.Script("02", Op::kAction, {Outcome::kUnknown, Outcome::kOngoing});
  timeline.Submit(DraftOf(Mode::kSaga, 2));
  timeline.Run(kLong);
  const std::vector<double> first = timeline.Gaps("01", Op::kAction);
  EXPECT_THAT(first, ElementsAre(Exactly(0), Interval(20), Interval(40)));
  EXPECT_THAT(timeline.Gaps("02", Op::kAction),
              ElementsAre(Exactly(first[1] + first[2]), Interval(20), Interval(20)));
}

TEST(EngineInterval, AFailureThatIsNoAnswerCountsAsUnknown) {
  // Protocol 4.4: nothing but an action, and of a message the check-back, may refuse.
  const std::vector<Outcome> refusals(2, Outcome::kFailure);
  const auto expect_doubling = [](const Timeline& timeline, Op op) {
    EXPECT_THAT(timeline.Gaps("01", op), ElementsAre(testing::_, Interval(20), Interval(40)));
  };
  {
    Timeline timeline;
    timeline.Script("01", Op::kAction, {Outcome::kFailure});
    timeline.Script("01", Op::kCompensate, refusals);
    timeline.Submit(DraftOf(Mode::kSaga, 1));
    timeline.Run(kLong);
    expect_doubling(timeline, Op::kCompensate);
  }
  {
    Timeline timeline;
    timeline.Script("01", Op::kAction, refusals);
    timeline.Submit(DraftOf(Mode::kMessage, 1));
    timeline.Run(kLong);
    expect_doubling(timeline, Op::kAction);
  }
  for (const Mode mode : {Mode::kTcc, Mode::kXa}) {
    const Op forward = mode == Mode::kTcc ? Op::kConfirm : Op::kCommit;
    const Op back = mode == Mode::kTcc ? Op::kCancel : Op::kRollback;
    Timeline submitted;
    submitted.Script("01", forward, refusals);
    submitted.Prepare(DraftOf(mode));
    submitted.Register(mode, "01");
    submitted.Submit(DraftOf(mode));
    submitted.Run(kLong);
    expect_doubling(submitted, forward);
    Timeline timed_out;
    timed_out.Script("01", back, refusals);
    timed_out.Prepare(DraftOf(mode));
    timed_out.Register(mode, "01");
    timed_out.Run(kLong);
    expect_doubling(timed_out, back);
  }
}

TEST(EngineInterval, AParticipantThatHangsIsUnknownAfterTheRequestTimeout) {
  for (const int64_t own : {0, 8}) {
    Timeline timeline;
    std::vector<double> calls;
    const base::Time start = timeline.stage().world().Now();
    timeline.stage().participant = [&](const port::BranchCall&) -> Scripted {
      calls.push_back(static_cast<double>((timeline.stage().world().Now() - start).micros) / 1e6);
      return {.hangs = calls.size() < 2};
    };
    timeline.Submit(DraftOf(Mode::kSaga, 1, {.request_timeout_s = own}));
    timeline.Run(kLong);
    const double timeout = own > 0 ? static_cast<double>(own) : 3;
    ASSERT_EQ(calls.size(), 2u);
    EXPECT_THAT(calls[1] - calls[0] - timeout, Interval(20));
  }
}

TEST(EngineInterval, JitterSpreadsThemAndIsNeverEarly) {
  Stage stage;
  std::map<std::string, std::vector<base::Time>> calls;
  stage.participant = [&](const port::BranchCall& call) -> Scripted {
    calls[call.gid].push_back(stage.world().Now());
    return {.outcome = calls[call.gid].size() < 2 ? Outcome::kOngoing : Outcome::kSuccess};
  };
  constexpr int kSagas = 200;
  for (int i = 0; i < kSagas; ++i) {
    stage.engine().Submit({Stage::Saga("g" + std::to_string(i), 1)}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.Run(base::Seconds(60));
  std::vector<double> gaps;
  for (const auto& [gid, times] : calls) {
    ASSERT_EQ(times.size(), 2u);
    gaps.push_back(static_cast<double>((times[1] - times[0]).micros) / 1e6);
  }
  ASSERT_EQ(gaps.size(), static_cast<size_t>(kSagas));
  EXPECT_THAT(gaps, testing::Each(Interval(10)));
  // Spread over the whole second that the jitter may add.
  EXPECT_LT(*std::min_element(gaps.begin(), gaps.end()), 10.1);
  EXPECT_GT(*std::max_element(gaps.begin(), gaps.end()), 10.9);
}

TEST(EngineInterval, RetryLimitRepeatsAtOnceAndThenGivesUp) {
  Timeline timeline;
  // Ongoing counts as a repeat too (protocol 5.3).
  timeline.Script("01", Op::kAction,
                  {Outcome::kUnknown, Outcome::kOngoing, Outcome::kUnknown, Outcome::kUnknown});
  timeline.Submit(DraftOf(Mode::kSaga, 1, {.retry_limit = 3}));
  timeline.Run(base::Seconds(1));
  EXPECT_THAT(timeline.Gaps("01", Op::kAction),
              ElementsAre(Exactly(0), Exactly(0.05), Exactly(0.1), Exactly(0.2)));
  EXPECT_EQ(timeline.Gaps("01", Op::kCompensate).size(), 1u);
  EXPECT_EQ(timeline.Status(), core::Status::kFailed);
}

TEST(EngineInterval, RetryLimitsPauseGrowsToASecondAndNoFurther) {
  Timeline timeline;
  timeline.Script("01", Op::kAction, std::vector<Outcome>(7, Outcome::kUnknown));
  timeline.Submit(DraftOf(Mode::kSaga, 1, {.retry_limit = 10}));
  timeline.Run(base::Seconds(10));
  EXPECT_THAT(timeline.Gaps("01", Op::kAction),
              ElementsAre(Exactly(0), Exactly(0.05), Exactly(0.1), Exactly(0.2), Exactly(0.4),
                          Exactly(0.8), Exactly(1), Exactly(1)));
  EXPECT_EQ(timeline.Status(), core::Status::kSucceed);
}

TEST(EngineInterval, ARestartNeitherBringsARetryForwardNorPutsItOff) {
  Timeline timeline;
  timeline.Script("01", Op::kAction, {Outcome::kUnknown, Outcome::kUnknown});
  timeline.Submit(DraftOf(Mode::kSaga, 1));
  timeline.Run(base::Seconds(5));
  timeline.Restart();
  timeline.Run(base::Seconds(45));
  timeline.Restart();
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction),
              ElementsAre(Exactly(0), Interval(20), Interval(40)));
}

}  // namespace
}  // namespace saga::engine
