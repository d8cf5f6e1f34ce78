// What is stored before what, and how often (the durability table in orchestrator/README.md).

#include <gtest/gtest.h>

#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

using Kind = port::WriteResult::Kind;

TEST(EngineCommit, AHappySagaIsTwoCommits) {
  Stage stage;
  stage.SubmitAndRun(Stage::Saga("g", 5), WaitFor::kEnd, base::Seconds(1));
  EXPECT_EQ(stage.StatusOf("g"), core::Status::kSucceed);
  EXPECT_EQ(stage.commits, 2u);
}

TEST(EngineCommit, ARolledBackSagaIsThreeCommits) {
  Stage stage;
  stage.participant = [](const port::BranchCall& call) -> Scripted {
    const bool refuses = call.branch_id == "03" && call.op == core::Op::kAction;
    return {.outcome = refuses ? core::Outcome::kFailure : core::Outcome::kSuccess};
  };
  stage.SubmitAndRun(Stage::Saga("g", 3), WaitFor::kEnd, base::Seconds(1));
  EXPECT_EQ(stage.StatusOf("g"), core::Status::kFailed);
  EXPECT_EQ(stage.commits, 3u);
}

TEST(EngineCommit, ATccIsOneCommitPerRequestAndOneForTheEnd) {
  Stage stage;
  core::GlobalTransaction tcc{.gid = "t", .mode = core::Mode::kTcc};
  stage.engine().Prepare(tcc, [](Answer) {});
  stage.Run(base::Millis(10));
  for (const char* id : {"01", "02"}) {
    core::BranchRegistered branch;
    branch.rows = {{.branch_id = id, .op = core::Op::kCancel, .target = "p:1/P/Cancel"},
                   {.branch_id = id, .op = core::Op::kConfirm, .target = "p:1/P/Confirm"}};
    stage.engine().RegisterBranch("t", branch, [](Answer) {});
    stage.Run(base::Millis(10));
  }
  stage.SubmitAndRun(tcc, WaitFor::kEnd, base::Seconds(1));
  EXPECT_EQ(stage.StatusOf("t"), core::Status::kSucceed);
  EXPECT_EQ(stage.commits, 5u);
}

TEST(EngineCommit, ConcurrentTransactionsShareCommits) {
  Stage stage;
  for (int i = 0; i < 100; ++i) {
    stage.engine().Submit({Stage::Saga("g" + std::to_string(i), 2)}, WaitFor::kStored,
                          [](Answer) {});
  }
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.engine().Stats().ended_succeed, 100u);
  EXPECT_LE(stage.commits, 20u);
}

TEST(EngineCommit, NothingIsCalledForASubmitThatIsNotStored) {
  Stage stage;
  stage.disk = [](const port::Write&) { return Kind::kFailed; };
  const Answer answer = stage.SubmitAndRun(Stage::Saga("g", 2), WaitFor::kEnd, base::Seconds(5));
  EXPECT_EQ(answer.kind, Answer::Kind::kStoreFailed);
  EXPECT_EQ(answer.error, "the test's disk");
  EXPECT_TRUE(stage.calls.empty());
  stage.disk = nullptr;
  EXPECT_EQ(
      stage.SubmitAndRun(Stage::Saga("g", 2), WaitFor::kEnd, base::Seconds(5)).transaction.status,
      core::Status::kSucceed);
}

TEST(EngineCommit, NobodyIsToldOfAnEndThatIsNotStored) {
  Stage stage;
  stage.disk = [](const port::Write& write) {
    return core::IsFinal(write.transaction->status) ? Kind::kFailed : Kind::kDone;
  };
  bool told = false;
  stage.engine().Submit({Stage::Saga("g", 2)}, WaitFor::kEnd, [&](Answer) { told = true; });
  stage.Run(base::Seconds(30));
  EXPECT_FALSE(told);
  EXPECT_EQ(stage.calls.size(), 2u);
  stage.disk = nullptr;
  stage.Run(base::Seconds(1));
  EXPECT_TRUE(told);
  EXPECT_EQ(stage.calls.size(), 2u);  // the end was kept, not worked out again
}

TEST(EngineCommit, NothingIsUndoneBeforeTheDecisionToUndoIsStored) {
  Stage stage;
  stage.participant = [](const port::BranchCall& call) -> Scripted {
    return {.outcome =
                call.op == core::Op::kAction ? core::Outcome::kFailure : core::Outcome::kSuccess};
  };
  stage.disk = [](const port::Write& write) {
    return write.transaction->status == core::Status::kAborting ? Kind::kFailed : Kind::kDone;
  };
  stage.engine().Submit({Stage::Saga("g", 1)}, WaitFor::kStored, [](Answer) {});
  stage.Run(base::Seconds(10));
  EXPECT_EQ(stage.calls.size(), 1u);
  stage.disk = nullptr;
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.calls.size(), 2u);
  EXPECT_EQ(stage.StatusOf("g"), core::Status::kFailed);
}

TEST(EngineCommit, ACommitOfUnknownFateIsLookedUp) {
  for (const bool stored : {true, false}) {
    Stage stage;
    bool first = true;
    stage.disk = [&](const port::Write& write) {
      if (!std::exchange(first, false)) return Kind::kDone;
      if (stored) (void)stage.store().Commit({write});
      return Kind::kUnknown;
    };
    stage.SubmitAndRun(Stage::Saga("g", 2), WaitFor::kStored, base::Seconds(5));
    EXPECT_EQ(stage.StatusOf("g"), core::Status::kSucceed) << stored;
    EXPECT_EQ(stage.calls.size(), 2u) << stored;
  }
}

}  // namespace
}  // namespace saga::engine
