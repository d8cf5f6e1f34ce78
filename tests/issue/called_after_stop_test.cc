// A transaction that an operator stopped for good was called once more.
//
// What went wrong: a participant is overloaded, so its lane has a queue. An operator stops a
// transaction whose call waits in that queue (forceStop) and is told that it has failed. Later the
// queue moves on and the participant is called for the transaction all the same, although "nothing
// more is called" was promised, and nothing will ever undo what that call does.
//
// Why: the queue held calls, not the question whether anybody still wants them.

#include <gtest/gtest.h>

#include "tests/unit/engine/stage.h"

namespace saga::issue {
namespace {

TEST(CalledAfterStop, ACallThatWaitsInALaneIsDroppedWhenItsTransactionIsStopped) {
  engine::Stage stage({.lane = {.in_flight = 1}});
  bool hangs = true;
  stage.participant = [&](const port::BranchCall&) -> engine::Scripted { return {.hangs = hangs}; };
  stage.SubmitAndRun(engine::Stage::Saga("slow", 1), engine::WaitFor::kStored, base::Millis(10));
  stage.SubmitAndRun(engine::Stage::Saga("stopped", 1), engine::WaitFor::kStored, base::Millis(10));
  stage.SubmitAndRun(engine::Stage::Saga("behind", 1), engine::WaitFor::kStored, base::Millis(10));
  ASSERT_EQ(stage.calls, std::vector<std::string>{"slow/01/action"});

  core::Verdict verdict = core::Verdict::kNotFound;
  stage.engine().ForceStop("stopped", {.actor = "ops"},
                           [&](const engine::Answer& answer) { verdict = answer.verdict; });
  hangs = false;
  stage.Run(base::Seconds(100));
  EXPECT_EQ(verdict, core::Verdict::kAccepted);
  EXPECT_EQ(stage.StatusOf("stopped"), core::Status::kFailed);
  EXPECT_EQ(stage.calls,
            (std::vector<std::string>{"slow/01/action", "behind/01/action", "slow/01/action"}));
  EXPECT_EQ(stage.StatusOf("behind"), core::Status::kSucceed);
  EXPECT_TRUE(stage.engine().Quiet());
}

}  // namespace
}  // namespace saga::issue
