// An operator's "now" (resetNextCronTime and sagactl, protocol 6.4): retries that wait are due at
// once; what waits for its first time is not a retry. The production engine under simulated time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/timeline.h"

namespace saga::engine {
namespace {

using core::Mode;
using core::Op;
using core::Outcome;
using core::Verdict;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr base::Duration kLong = base::Seconds(100'000);

TEST(EngineRetryNow, ARetryIsMadeAtOnceAndTheIntervalStaysAsItIs) {
  Timeline timeline;
  timeline.Script("01", Op::kAction, {Outcome::kUnknown, Outcome::kUnknown, Outcome::kOngoing});
  timeline.Submit(DraftOf(Mode::kSaga, 1));
  timeline.Run(base::Seconds(5));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kAccepted);
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction),
              ElementsAre(Exactly(0), Exactly(5), Interval(40), Interval(40)));
}

TEST(EngineRetryNow, EveryParallelBranchThatWaits) {
  core::GlobalTransaction draft = DraftOf(Mode::kSaga, 3);
  draft.concurrent = true;
  Timeline timeline;
  timeline.Script("01", Op::kAction, {Outcome::kUnknown});
  timeline.Script("03", Op::kAction, {Outcome::kOngoing});
  timeline.Submit(draft);
  timeline.Run(base::Seconds(5));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kAccepted);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction), ElementsAre(Exactly(0), Exactly(5)));
  EXPECT_THAT(timeline.Gaps("02", Op::kAction), ElementsAre(Exactly(0)));
  EXPECT_THAT(timeline.Gaps("03", Op::kAction), ElementsAre(Exactly(0), Exactly(5)));
  timeline.Run(base::Millis(10));
  EXPECT_EQ(timeline.Status(), core::Status::kSucceed);
}

TEST(EngineRetryNow, ACheckBackThatWasNotMadeYetKeepsItsTime) {
  Timeline timeline;
  timeline.Prepare(DraftOf(Mode::kMessage, 1));
  timeline.Run(base::Seconds(5));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kNothingToRetry);
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("00", Op::kQuery), ElementsAre(Exactly(35)));
}

TEST(EngineRetryNow, ACheckBackThatWasMadeIsRepeated) {
  Timeline timeline;
  timeline.Script("00", Op::kQuery, {Outcome::kOngoing});
  timeline.Prepare(DraftOf(Mode::kMessage, 1));
  timeline.Run(base::Seconds(40));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kAccepted);
  EXPECT_THAT(timeline.Gaps("00", Op::kQuery), ElementsAre(Exactly(35), Exactly(5)));
}

TEST(EngineRetryNow, ADelayIsNotCutShort) {
  core::GlobalTransaction draft = DraftOf(Mode::kMessage, 1);
  draft.delay_s = 60;
  Timeline timeline;
  timeline.Submit(draft);
  timeline.Run(base::Seconds(5));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kNothingToRetry);
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kAction), ElementsAre(Exactly(60)));
}

TEST(EngineRetryNow, AWorkflowIsCalledBackAtOnceEvenForTheFirstTime) {
  Timeline timeline;
  timeline.Prepare(DraftOf(Mode::kWorkflow, 0));
  timeline.Run(base::Seconds(5));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kAccepted);
  timeline.Run(base::Seconds(3));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kAccepted);
  timeline.Run(base::Seconds(12));
  EXPECT_THAT(timeline.Gaps("00", Op::kCallback),
              ElementsAre(Exactly(5), Exactly(3), Interval(10)));
}

TEST(EngineRetryNow, APreparedTccHasNothingToRetryAndKeepsItsTimeout) {
  Timeline timeline;
  timeline.Prepare(DraftOf(Mode::kTcc));
  timeline.Register(Mode::kTcc, "01");
  timeline.Run(base::Seconds(5));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kNothingToRetry);
  EXPECT_THAT(timeline.Gaps("01", Op::kCancel), IsEmpty());
  timeline.Run(kLong);
  EXPECT_THAT(timeline.Gaps("01", Op::kCancel), ElementsAre(Exactly(35)));
}

TEST(EngineRetryNow, AnAbortAskedForAgainDoesTheSame) {
  // Protocol 5.8: aborting again processes it again.
  Timeline timeline;
  timeline.Script("01", Op::kCancel, {Outcome::kUnknown});
  timeline.Prepare(DraftOf(Mode::kTcc));
  timeline.Register(Mode::kTcc, "01");
  for (int i = 0; i < 2; ++i) {
    timeline.stage().engine().Abort("g", {}, WaitFor::kStored, [](const Answer&) {});
    timeline.Run(base::Seconds(5));
  }
  EXPECT_THAT(timeline.Gaps("01", Op::kCancel), ElementsAre(Exactly(0), DoubleNear(5, kHearing)));
  EXPECT_EQ(timeline.Status(), core::Status::kFailed);
}

TEST(EngineRetryNow, WhatHasEndedOrNeverWasHasNothingToRetry) {
  Timeline timeline;
  EXPECT_EQ(timeline.RetryNow(), Verdict::kNotFound);
  timeline.Submit(DraftOf(Mode::kSaga, 1));
  timeline.Run(base::Seconds(1));
  EXPECT_EQ(timeline.RetryNow(), Verdict::kNothingToRetry);
}

}  // namespace
}  // namespace saga::engine
