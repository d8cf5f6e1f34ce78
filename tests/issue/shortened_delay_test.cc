// An operator's retry delivered a delayed message before its time.
//
// What went wrong: a message was submitted with a delay ("remind the customer in an hour"), an
// operator asked for a retry now, of this one or of everything that waits (resetNextCronTime,
// resetCronTime), and it was delivered at once. DTM keeps the delay: its pass looks at the age of
// the message and plans it anew (protocol 5.5).
//
// Why: the sister of early_check_back_test.cc. A first call that is planned and a repeated one that
// waits are the same field of the row; only a row that was answered before waits for a retry.

#include <gtest/gtest.h>

#include "tests/unit/engine/stage.h"

namespace saga::issue {
namespace {

TEST(ShortenedDelay, AnOperatorsRetryDoesNotDeliverADelayedMessage) {
  engine::Stage stage;
  core::GlobalTransaction draft;
  draft.gid = "g";
  draft.mode = core::Mode::kMessage;
  draft.protocol = core::Protocol::kGrpc;
  draft.delay_s = 3600;
  draft.branches.push_back({.branch_id = "01", .op = core::Op::kAction, .target = "p:1/P/Do"});
  stage.SubmitAndRun(draft, engine::WaitFor::kStored, base::Seconds(1));
  core::Verdict verdict = core::Verdict::kNotFound;
  stage.engine().RetryNow("g", {.actor = "ops"},
                          [&](const engine::Answer& answer) { verdict = answer.verdict; });
  stage.Run(base::Seconds(3598));
  EXPECT_EQ(verdict, core::Verdict::kNothingToRetry);
  EXPECT_TRUE(stage.calls.empty());
  stage.Run(base::Seconds(2));
  EXPECT_EQ(stage.calls.size(), 1u);
  EXPECT_EQ(stage.StatusOf("g"), core::Status::kSucceed);
}

}  // namespace
}  // namespace saga::issue
