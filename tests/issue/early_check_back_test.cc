// An operator's retry asked a prepared message's check-back before its time.
//
// What went wrong: a message is prepared, its client's local transaction still runs, and an
// operator (or resetCronTime over everything that waits) asks for a retry now. Making every waiting
// row due also brought forward the first check-back, which is not a retry: it stands at
// timeout_to_fail because until then the client is expected to be at work. The participant answers
// such a question by barring the local transaction (protocol 7.3, QueryPrepared), so a purchase
// that was going well was made to fail.
//
// Why: the plan of a first call and the plan of a repeated one are the same field of the row, and
// the code that cuts waiting short looked at nothing else.

#include <gtest/gtest.h>

#include "tests/simulation/bank.h"
#include "tests/unit/engine/stage.h"

namespace saga::issue {
namespace {

core::GlobalTransaction Message() {
  core::GlobalTransaction draft;
  draft.gid = "g";
  draft.mode = core::Mode::kMessage;
  draft.protocol = core::Protocol::kGrpc;
  draft.branches.push_back({.branch_id = "01", .op = core::Op::kAction, .target = "p:1/P/Do"});
  draft.branches.push_back({.branch_id = "00", .op = core::Op::kQuery, .target = "c:1/P/Query"});
  return draft;
}

// A message whose client has prepared it and is at work, at a bank that answers check-backs as
// DTM's barrier does.
class EarlyCheckBack : public testing::Test {
 protected:
  EarlyCheckBack() {
    stage_.participant = [this](const port::BranchCall& call) -> engine::Scripted {
      return {.outcome = bank_.Handle(call).outcome};
    };
    stage_.engine().Prepare(Message(), [](engine::Answer) {});
    stage_.Run(base::Seconds(1));
  }

  core::Verdict RetryNow() {
    core::Verdict verdict = core::Verdict::kNotFound;
    stage_.engine().RetryNow("g", {.actor = "ops"},
                             [&](const engine::Answer& answer) { verdict = answer.verdict; });
    stage_.Run(base::Seconds(1));
    return verdict;
  }

  simulation::Bank bank_{true};
  engine::Stage stage_;
};

TEST_F(EarlyCheckBack, AnOperatorsRetryDoesNotAskWhileTheClientIsAtWork) {
  EXPECT_EQ(RetryNow(), core::Verdict::kNothingToRetry);
  EXPECT_EQ(bank_.Calls(), 0u);
  ASSERT_TRUE(bank_.CommitLocal("g")) << "the local transaction was barred while it ran";
  const engine::Answer answer =
      stage_.SubmitAndRun(Message(), engine::WaitFor::kEnd, base::Seconds(1));
  EXPECT_EQ(answer.transaction.status, core::Status::kSucceed);
}

TEST_F(EarlyCheckBack, ItIsStillMadeAtItsTime) {
  RetryNow();
  stage_.Run(base::Seconds(32));
  EXPECT_EQ(bank_.Calls(), 0u);
  stage_.Run(base::Seconds(2));
  EXPECT_EQ(bank_.Calls(), 1u);
  EXPECT_EQ(stage_.StatusOf("g"), core::Status::kFailed);
}

TEST_F(EarlyCheckBack, OneThatWasAnsweredIsRepeatedAtOnce) {
  stage_.participant = [](const port::BranchCall&) -> engine::Scripted {
    return {.outcome = core::Outcome::kOngoing};
  };
  stage_.Run(base::Seconds(35));
  ASSERT_EQ(stage_.calls.size(), 1u);
  EXPECT_EQ(RetryNow(), core::Verdict::kAccepted);
  EXPECT_EQ(stage_.calls.size(), 2u);
}

}  // namespace
}  // namespace saga::issue
