// What happens at a time rather than after an answer (protocol 5.2, 5.5, 5.7 and 6.2): timeouts,
// delays, check-backs, callbacks. The production engine under simulated time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/timeline.h"

namespace saga::engine {
namespace {

using core::Mode;
using core::Op;
using core::Outcome;
using core::Status;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr base::Duration kLong = base::Seconds(100'000);

struct TimeoutCase {
  int64_t own_s;
  int64_t configured_s;
  double expected_s;
};

std::vector<TimeoutCase> TimeoutCases() {
  return {{0, 35, 35}, {3, 35, 3}, {120, 35, 120}, {0, 50, 50}};
}

TEST(EngineTimeout, APreparedTccOrXaIsUndoneThen) {
  for (const Mode mode : {Mode::kTcc, Mode::kXa}) {
    for (const TimeoutCase& c : TimeoutCases()) {
      Timeline timeline({.timeout_to_fail = base::Seconds(c.configured_s)});
      timeline.Prepare(DraftOf(mode, {.timeout_to_fail_s = c.own_s}));
      timeline.Register(mode, "01");
      timeline.Run(kLong);
      EXPECT_THAT(timeline.Gaps("01", mode == Mode::kTcc ? Op::kCancel : Op::kRollback),
                  ElementsAre(Exactly(c.expected_s)));
      EXPECT_EQ(timeline.Status(), Status::kFailed);
      EXPECT_EQ(timeline.stage().store().Load("g")->rollback_reason,
                "Timeout after " + std::to_string(static_cast<int>(c.expected_s)) + " seconds");
    }
  }
}

TEST(EngineTimeout, ASubmittedOneNeverTimesOut) {
  for (const Mode mode : {Mode::kTcc, Mode::kXa}) {
    const Op forward = mode == Mode::kTcc ? Op::kConfirm : Op::kCommit;
    Timeline timeline;
    timeline.Always("01", forward, Outcome::kOngoing);
    timeline.Prepare(DraftOf(mode, {.timeout_to_fail_s = 3}));
    timeline.Register(mode, "01");
    timeline.Submit(DraftOf(mode));
    timeline.Run(base::Seconds(1000));
    EXPECT_EQ(timeline.Status(), Status::kSubmitted);
    EXPECT_GT(timeline.Gaps("01", forward).size(), 200u);
    EXPECT_THAT(timeline.Gaps("01", mode == Mode::kTcc ? Op::kCancel : Op::kRollback), IsEmpty());
  }
}

TEST(EngineTimeout, ASagaHasNoneUnlessItNamesOne) {
  Timeline timeline;
  timeline.Always("01", Op::kAction, Outcome::kOngoing);
  timeline.Submit(DraftOf(Mode::kSaga, 1));
  timeline.Run(kLong);
  EXPECT_EQ(timeline.Status(), Status::kSubmitted);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction), SizeIs(testing::Gt(9000u)));
}

TEST(EngineTimeout, ASagasOwnDoesNotWaitForTheNextRetry) {
  Timeline timeline;
  timeline.Always("01", Op::kAction, Outcome::kUnknown);
  timeline.Submit(DraftOf(Mode::kSaga, 1, {.timeout_to_fail_s = 25}));
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction), ElementsAre(Exactly(0), Interval(20)));
  EXPECT_THAT(timeline.Gaps("01", Op::kCompensate), ElementsAre(Exactly(25)));
  EXPECT_EQ(timeline.Status(), Status::kFailed);
}

TEST(EngineTimeout, APreparedSagaHasNone) {
  Timeline timeline;
  timeline.Prepare(DraftOf(Mode::kSaga, 1, {.timeout_to_fail_s = 25}));
  timeline.Run(kLong);
  EXPECT_EQ(timeline.Status(), Status::kPrepared);
}

TEST(EngineTimeout, AnAbortingOneNeverTimesOut) {
  Timeline timeline;
  timeline.Script("01", Op::kAction, {Outcome::kFailure});
  timeline.Always("01", Op::kCompensate, Outcome::kOngoing);
  timeline.Submit(DraftOf(Mode::kSaga, 1, {.timeout_to_fail_s = 25}));
  timeline.Run(base::Seconds(1000));
  EXPECT_EQ(timeline.Status(), Status::kAborting);
}

TEST(EngineTimeout, AMessagesCheckBack) {
  for (const TimeoutCase& c : TimeoutCases()) {
    Timeline timeline({.timeout_to_fail = base::Seconds(c.configured_s)});
    timeline.Prepare(DraftOf(Mode::kMessage, 1, {.timeout_to_fail_s = c.own_s}));
    timeline.Run(kLong);
    EXPECT_THAT(timeline.Gaps("00", Op::kQuery), ElementsAre(Exactly(c.expected_s)));
    // Delivered in the same breath.
    EXPECT_THAT(timeline.Gaps("01", Op::kAction), ElementsAre(Exactly(c.expected_s)));
    EXPECT_EQ(timeline.Status(), Status::kSucceed);
  }
}

TEST(EngineTimeout, ACheckBackIsRepeatedAtTheBaseIntervalOrDoubled) {
  Timeline timeline;
  timeline.Script("00", Op::kQuery,
                  {Outcome::kOngoing, Outcome::kUnknown, Outcome::kUnknown, Outcome::kOngoing,
                   Outcome::kUnknown, Outcome::kFailure});
  timeline.Prepare(DraftOf(Mode::kMessage, 1));
  timeline.Run(kLong);
  // Ongoing starts over, other than at a branch.
  EXPECT_THAT(timeline.Gaps("00", Op::kQuery),
              ElementsAre(Exactly(35), Interval(10), Interval(20), Interval(40), Interval(10),
                          Interval(20)));
  EXPECT_EQ(timeline.Status(), Status::kFailed);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction), IsEmpty());
}

TEST(EngineTimeout, ACheckBackIsDueAtItsTimeAfterARestartToo) {
  Timeline timeline;
  timeline.Prepare(DraftOf(Mode::kMessage, 1));
  timeline.Run(base::Seconds(10));
  timeline.Restart();
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("00", Op::kQuery), ElementsAre(Exactly(35)));
}

TEST(EngineTimeout, ADelayedMessageIsDeliveredThen) {
  core::GlobalTransaction draft = DraftOf(Mode::kMessage, 2);
  draft.delay_s = 12;
  Timeline timeline;
  timeline.Script("01", Op::kAction, {Outcome::kOngoing});
  timeline.Submit(draft);
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction), ElementsAre(Exactly(12), Interval(10)));
  EXPECT_EQ(timeline.Status(), Status::kSucceed);
}

TEST(EngineTimeout, ADelayNamedAtTheSubmitCountsFromThePrepare) {
  Timeline timeline;
  timeline.Prepare(DraftOf(Mode::kMessage, 1));
  timeline.Run(base::Seconds(7));
  core::GlobalTransaction draft = DraftOf(Mode::kMessage, 1);
  draft.delay_s = 12;
  timeline.Submit(draft);
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction), ElementsAre(Exactly(12)));
}

TEST(EngineTimeout, AWorkflowsFirstCallbackAtTheBaseIntervalTheOthersAtTheConfiguredOne) {
  struct Case {
    int64_t own_s;
    int64_t timeout_s;
    int64_t configured_s;
    double first_s;
    double next_s;
  };
  for (const Case& c : std::vector<Case>{{0, 0, 10, 10, 10},
                                         {3, 0, 10, 3, 10},
                                         {45, 0, 10, 45, 10},
                                         {0, 4, 10, 4, 10},
                                         {0, 0, 20, 20, 20}}) {
    Timeline timeline({.retry_interval = base::Seconds(c.configured_s)});
    // Whatever it is answered: no backoff (protocol 5.7 item 4).
    timeline.Script("00", Op::kCallback,
                    {Outcome::kSuccess, Outcome::kUnknown, Outcome::kUnknown, Outcome::kFailure,
                     Outcome::kOngoing});
    timeline.Prepare(DraftOf(Mode::kWorkflow, 0,
                             {.timeout_to_fail_s = c.timeout_s, .retry_interval_s = c.own_s}));
    timeline.Run(base::Seconds(1000));
    std::vector<double> gaps = timeline.Gaps("00", Op::kCallback);
    ASSERT_THAT(gaps, SizeIs(testing::Gt(20u)));
    EXPECT_THAT(gaps.front(), Exactly(c.first_s));
    gaps.erase(gaps.begin());
    EXPECT_THAT(gaps, Each(Interval(c.next_s)));
    EXPECT_EQ(timeline.Status(), Status::kPrepared);
  }
}

TEST(EngineTimeout, AWorkflowThatHasEndedIsNotCalledBack) {
  Timeline timeline;
  timeline.Prepare(DraftOf(Mode::kWorkflow, 0));
  timeline.Run(base::Seconds(15));
  ASSERT_THAT(timeline.Gaps("00", Op::kCallback), SizeIs(1));
  timeline.stage().engine().EndWorkflow("g", {.status = Status::kSucceed}, [](const Answer&) {});
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("00", Op::kCallback), SizeIs(1));
  EXPECT_EQ(timeline.Status(), Status::kSucceed);
}

}  // namespace
}  // namespace saga::engine
