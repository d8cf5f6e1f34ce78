// A restart, an eviction and a retry come back by the same way: a claim of what is due.

#include <gtest/gtest.h>

#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

TEST(EngineRecovery, OrphansOfACrashEndAtOnce) {
  Stage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.after = base::Millis(500)};
  };
  for (int i = 0; i < 60; ++i) {
    stage.engine().Submit({Stage::Saga("g" + std::to_string(i), 2)}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.Run(base::Millis(100));
  stage.Restart();
  stage.participant = nullptr;
  stage.Run(base::Seconds(1));
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(stage.StatusOf("g" + std::to_string(i)), core::Status::kSucceed);
}

TEST(EngineRecovery, APlannedRetryKeepsItsTimeOverARestart) {
  Stage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.outcome = core::Outcome::kUnknown};
  };
  stage.engine().Submit({Stage::Saga("g", 1)}, WaitFor::kStored, [](Answer) {});
  stage.Run(base::Seconds(1));
  ASSERT_EQ(stage.calls.size(), 1u);
  stage.Restart();
  stage.Run(base::Seconds(15));
  EXPECT_EQ(stage.calls.size(), 1u);
  stage.Run(base::Seconds(8));  // 20 s, and up to a tenth of jitter
  EXPECT_EQ(stage.calls.size(), 2u);
}

TEST(EngineRecovery, AMessageIsCheckedBackAfterARestart) {
  Stage stage;
  core::GlobalTransaction message{.gid = "m", .mode = core::Mode::kMessage};
  message.branches = {{.branch_id = "01", .op = core::Op::kAction, .target = "p:1/P/M"},
                      {.branch_id = "00", .op = core::Op::kQuery, .target = "q:1/Q/M"}};
  stage.engine().Prepare(message, [](Answer) {});
  stage.Run(base::Seconds(1));
  stage.Restart();
  stage.Run(base::Seconds(30));
  EXPECT_TRUE(stage.calls.empty());
  stage.Run(base::Seconds(5));
  EXPECT_EQ(stage.calls, (std::vector<std::string>{"m/00/msg", "m/01/action"}));
  EXPECT_EQ(stage.StatusOf("m"), core::Status::kSucceed);
}

TEST(EngineRecovery, WaitingTransactionsLeaveMemoryAndComeBackInTime) {
  Stage stage({.max_live = 20});
  bool sick = true;
  stage.participant = [&](const port::BranchCall&) -> Scripted {
    return {.outcome = sick ? core::Outcome::kUnknown : core::Outcome::kSuccess};
  };
  int stored = 0;
  for (int i = 0; i < 200; ++i) {
    stage.engine().Submit(
        {Stage::Saga("g" + std::to_string(i), 1)}, WaitFor::kStored,
        [&](Answer answer) { stored += answer.kind == Answer::Kind::kVerdict ? 1 : 0; });
    stage.Run(base::Millis(20));
  }
  ASSERT_EQ(stored, 200);
  EXPECT_LE(stage.engine().Stats().live, 20u);
  sick = false;
  stage.Run(base::Seconds(60));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 200u);
}

TEST(EngineRecovery, ARequestFindsATransactionThatLeftMemory) {
  Stage stage({.max_live = 4});
  for (int i = 0; i < 10; ++i) {
    stage.engine().Prepare({.gid = "t" + std::to_string(i), .mode = core::Mode::kTcc},
                           [](Answer) {});
    stage.Run(base::Millis(20));
  }
  const Answer answer =
      stage.SubmitAndRun({.gid = "t0", .mode = core::Mode::kTcc}, WaitFor::kEnd, base::Seconds(1));
  EXPECT_EQ(answer.transaction.status, core::Status::kSucceed);
}

TEST(EngineRecovery, AnIdleEngineDoesNotTouchTheStore) {
  Stage stage;
  stage.SubmitAndRun(Stage::Saga("g", 2), WaitFor::kEnd, base::Seconds(1));
  const uint64_t queries = stage.store().QueryCount();
  const uint64_t events = stage.world().Events();
  const size_t commits = stage.commits;
  stage.Run(base::Seconds(3600));
  EXPECT_EQ(stage.store().QueryCount(), queries);
  EXPECT_EQ(stage.commits, commits);
  EXPECT_EQ(stage.world().Events(), events);  // no strand was woken either
}

}  // namespace
}  // namespace saga::engine
