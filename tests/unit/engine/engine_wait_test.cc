// When a waiting client is answered, and with what.

#include <optional>

#include <gtest/gtest.h>

#include "tests/unit/engine/stage.h"

namespace saga::engine {
namespace {

TEST(EngineWait, APlainSubmitIsAnsweredWhenItIsStored) {
  Stage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted { return {.hangs = true}; };
  const Answer answer = stage.SubmitAndRun(Stage::Saga("g", 1), WaitFor::kStored, base::Millis(10));
  EXPECT_EQ(answer.kind, Answer::Kind::kVerdict);
  EXPECT_EQ(answer.transaction.status, core::Status::kSubmitted);
}

TEST(EngineWait, ALongSerialSagaIsWaitedForToTheEnd) {
  // DTM gives up waiting after its pass limit of five seconds and answers with a failure.
  Stage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.after = base::Millis(2500)};
  };
  const Answer answer = stage.SubmitAndRun(Stage::Saga("g", 4), WaitFor::kRest, base::Seconds(11));
  EXPECT_EQ(answer.kind, Answer::Kind::kVerdict);
  EXPECT_EQ(answer.transaction.status, core::Status::kSucceed);
}

TEST(EngineWait, WhoeverWaitsForRestHearsOfOngoingAtOnce) {
  Stage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted {
    return {.outcome = core::Outcome::kOngoing};
  };
  const Answer answer = stage.SubmitAndRun(Stage::Saga("g", 2), WaitFor::kRest, base::Seconds(1));
  EXPECT_EQ(answer.kind, Answer::Kind::kVerdict);
  EXPECT_EQ(answer.transaction.status, core::Status::kSubmitted);
  ASSERT_EQ(answer.last_row, 1);
  EXPECT_EQ(answer.transaction.branches[1].last_outcome, core::Outcome::kOngoing);
}

TEST(EngineWait, AFailedSagaTellsItsReasonAfterTheRollback) {
  Stage stage;
  stage.participant = [](const port::BranchCall& call) -> Scripted {
    return {.outcome = call.branch_id == "02" && call.op == core::Op::kAction
                           ? core::Outcome::kFailure
                           : core::Outcome::kSuccess};
  };
  const Answer answer = stage.SubmitAndRun(Stage::Saga("g", 2), WaitFor::kRest, base::Seconds(1));
  EXPECT_EQ(answer.transaction.status, core::Status::kFailed);
  EXPECT_EQ(answer.transaction.rollback_reason, "url:p:1/P/Do return failed: the reason");
}

TEST(EngineWait, RetryLimitIsPartOfTheWait) {
  Stage stage;
  int errors = 3;
  stage.participant = [&](const port::BranchCall&) -> Scripted {
    return {.outcome = errors-- > 0 ? core::Outcome::kUnknown : core::Outcome::kSuccess};
  };
  core::GlobalTransaction draft = Stage::Saga("g", 1);
  draft.options.retry_limit = 3;
  const Answer answer = stage.SubmitAndRun(draft, WaitFor::kRest, base::Seconds(3));
  EXPECT_EQ(answer.kind, Answer::Kind::kVerdict);
  EXPECT_EQ(answer.transaction.status, core::Status::kSucceed);
}

TEST(EngineWait, AWaitCanBeCalledOff) {
  Stage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted { return {.hangs = true}; };
  stage.SubmitAndRun(Stage::Saga("g", 1), WaitFor::kStored, base::Millis(10));
  std::optional<Answer> got;
  const uint64_t id =
      stage.engine().Wait("g", WaitFor::kEnd, [&](Answer answer) { got = std::move(answer); });
  stage.Run(base::Millis(10));
  EXPECT_FALSE(got.has_value());
  stage.engine().CancelWait("g", id);
  stage.Run(base::Millis(10));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->kind, Answer::Kind::kStopping);
}

TEST(EngineWait, AWaitForAnEndedTransactionIsAnsweredFromTheStore) {
  Stage stage;
  stage.SubmitAndRun(Stage::Saga("g", 1), WaitFor::kEnd, base::Seconds(1));
  std::optional<Answer> got;
  stage.engine().Wait("g", WaitFor::kEnd, [&](Answer answer) { got = std::move(answer); });
  stage.Run(base::Seconds(1));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->transaction.status, core::Status::kSucceed);
}

TEST(EngineRest, IsToldOnceForEachStretchOfWork) {
  // Two errors, and then it goes through: two rests, and an end, which is none.
  Stage stage;
  int errors = 2;
  stage.participant = [&](const port::BranchCall&) -> Scripted {
    return {.outcome = errors-- > 0 ? core::Outcome::kUnknown : core::Outcome::kSuccess};
  };
  core::GlobalTransaction draft = Stage::Saga("g", 2);
  draft.options.retry_interval_s = 1;
  const Answer answer = stage.SubmitAndRun(draft, WaitFor::kEnd, base::Seconds(20));
  EXPECT_EQ(answer.transaction.status, core::Status::kSucceed);
  EXPECT_EQ(stage.rests, (std::vector<std::string>{"g submitted 1", "g submitted 2"}));
}

TEST(EngineRest, ImmediateRepeatsAndPreparedTransactionsAreNone) {
  Stage stage;
  int errors = 2;
  stage.participant = [&](const port::BranchCall&) -> Scripted {
    return {.outcome = errors-- > 0 ? core::Outcome::kUnknown : core::Outcome::kSuccess};
  };
  core::GlobalTransaction draft = Stage::Saga("g", 1);
  draft.options.retry_limit = 3;
  EXPECT_EQ(stage.SubmitAndRun(draft, WaitFor::kEnd, base::Seconds(3)).transaction.status,
            core::Status::kSucceed);
  core::GlobalTransaction tcc;
  tcc.gid = "t";
  tcc.mode = core::Mode::kTcc;
  stage.engine().Prepare(tcc, [](Answer) {});
  stage.Run(base::Seconds(1));
  EXPECT_EQ(stage.rests, std::vector<std::string>());
}

TEST(EngineWait, InspectShowsCallsThatAreOut) {
  Stage stage;
  stage.participant = [](const port::BranchCall&) -> Scripted { return {.hangs = true}; };
  stage.SubmitAndRun(Stage::Saga("g", 1), WaitFor::kStored, base::Millis(10));
  bool looked = false;
  stage.engine().Inspect("g", [&](const Snapshot* snapshot) {
    looked = true;
    ASSERT_NE(snapshot, nullptr);
    EXPECT_EQ(snapshot->in_flight, std::vector<uint32_t>{1});
    EXPECT_EQ(snapshot->transaction.branches[1].attempts, 1u);
  });
  stage.Run(base::Millis(1));
  EXPECT_TRUE(looked);
}

}  // namespace
}  // namespace saga::engine
