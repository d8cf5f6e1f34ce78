// DTM's barrier (protocol 7.3): every order in which an orchestrator and a network can deliver a
// branch.

#include "participants/sdk/barrier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::sdk {
namespace {

class BarrierTest : public ::testing::TestWithParam<Dialect> {
 protected:
  BarrierTest() {
    const absl::Status made = CreateBarrierTable(*database_);
    EXPECT_TRUE(made.ok()) << made;
    EXPECT_TRUE(CreateBarrierTable(*database_).ok()) << "twice is fine";
    EXPECT_TRUE(
        database_->Script("CREATE TABLE money (amount INTEGER); INSERT INTO money VALUES (0)")
            .ok());
  }

  static BranchContext Saga(Op op) { return {"g1", Mode::kSaga, "01", op}; }
  static BranchContext Tcc(Op op) { return {"g1", Mode::kTcc, "01", op}; }

  static auto Add(int64_t amount) {
    return [amount](Transaction& tx) {
      return Outcome::From(tx.Execute("UPDATE money SET amount = amount + ?", amount).status());
    };
  }

  // One request with one barrier call that adds `amount`.
  BarrierResult Deliver(const BranchContext& context, int64_t amount) {
    return Barrier(context).Call(*database_, Add(amount));
  }

  int64_t Number(const char* query) { return NumberIn(*database_, query); }
  int64_t Money() { return Number("SELECT amount FROM money"); }
  int64_t BarrierRows() { return Number("SELECT COUNT(*) FROM barrier"); }

  DatabaseUnderTest place_{GetParam()};
  std::unique_ptr<Database> database_ = place_.Open();
};

INSTANTIATE_TEST_SUITE_P(Databases, BarrierTest, EachDialect(), DialectName);

void Expect(const BarrierResult& result, BarrierVerdict verdict) {
  EXPECT_EQ(Name(result.verdict), Name(verdict));
  EXPECT_EQ(result.outcome, Outcome::Done());
}

TEST_P(BarrierTest, RunsOnceAndAnswersRepeatsWithoutRunning) {
  Expect(Deliver(Saga(Op::kAction), 30), BarrierVerdict::kRan);
  Expect(Deliver(Saga(Op::kAction), 30), BarrierVerdict::kDuplicate);
  EXPECT_EQ(Money(), 30);
  Expect(Deliver(Saga(Op::kCompensate), -30), BarrierVerdict::kRan);
  Expect(Deliver(Saga(Op::kCompensate), -30), BarrierVerdict::kDuplicate);
  Expect(Deliver(Saga(Op::kAction), 30), BarrierVerdict::kDuplicate);
  EXPECT_EQ(Money(), 0);
}

TEST_P(BarrierTest, CompensationWithoutActionDoesNothingAndStopsTheLateAction) {
  Expect(Deliver(Saga(Op::kCompensate), -30), BarrierVerdict::kNullCompensation);
  Expect(Deliver(Saga(Op::kCompensate), -30), BarrierVerdict::kDuplicate);
  Expect(Deliver(Saga(Op::kAction), 30), BarrierVerdict::kHanging);
  Expect(Deliver(Saga(Op::kAction), 30), BarrierVerdict::kHanging);
  EXPECT_EQ(Money(), 0);
}

TEST_P(BarrierTest, CancelWithoutTryDoesNothingAndStopsTheLateTry) {
  Expect(Deliver(Tcc(Op::kCancel), -30), BarrierVerdict::kNullCompensation);
  Expect(Deliver(Tcc(Op::kTry), 30), BarrierVerdict::kHanging);
  EXPECT_EQ(Money(), 0);
}

TEST_P(BarrierTest, TryAndConfirmRunOnceEach) {
  Expect(Deliver(Tcc(Op::kTry), 1), BarrierVerdict::kRan);
  Expect(Deliver(Tcc(Op::kTry), 1), BarrierVerdict::kDuplicate);
  Expect(Deliver(Tcc(Op::kConfirm), 10), BarrierVerdict::kRan);
  Expect(Deliver(Tcc(Op::kConfirm), 10), BarrierVerdict::kDuplicate);
  EXPECT_EQ(Money(), 11);
}

TEST_P(BarrierTest, OtherBranchesAndGidsAreOnTheirOwn) {
  Expect(Deliver({"g1", Mode::kSaga, "01", Op::kAction}, 1), BarrierVerdict::kRan);
  Expect(Deliver({"g1", Mode::kSaga, "02", Op::kAction}, 1), BarrierVerdict::kRan);
  Expect(Deliver({"g10", Mode::kSaga, "1", Op::kAction}, 1), BarrierVerdict::kRan);
  EXPECT_EQ(Money(), 3);
}

TEST_P(BarrierTest, WhatIsNotDoneLeavesNoTraceAndMayRunAgain) {
  for (const Outcome& outcome :
       {Outcome::FailedForGood("no"), Outcome::TryLater("not yet"), Outcome::Unknown("broken")}) {
    Barrier barrier(Saga(Op::kAction));
    const BarrierResult result = barrier.Call(*database_, [&](Transaction& tx) {
      EXPECT_TRUE(Add(30)(tx).ok());
      return outcome;
    });
    EXPECT_EQ(result.verdict, BarrierVerdict::kRan);
    EXPECT_EQ(result.outcome, outcome);
    EXPECT_EQ(Money(), 0);
    EXPECT_EQ(BarrierRows(), 0);
  }
  // The compensation of an action that failed finds nothing to undo.
  Expect(Deliver(Saga(Op::kCompensate), -30), BarrierVerdict::kNullCompensation);
  EXPECT_EQ(Money(), 0);
}

TEST_P(BarrierTest, SeveralCallsInOneRequestAreNumbered) {
  for (int repeat = 0; repeat < 2; ++repeat) {
    Barrier barrier(Saga(Op::kAction));
    const BarrierVerdict expected = repeat == 0 ? BarrierVerdict::kRan : BarrierVerdict::kDuplicate;
    Expect(barrier.Call(*database_, Add(1)), expected);
    Expect(barrier.Call(*database_, Add(1)), expected);
  }
  EXPECT_EQ(Money(), 2);
  EXPECT_EQ(
      Number("SELECT COUNT(*) FROM barrier WHERE barrier_id IN ('01', '02') AND op = 'action' AND "
             "reason = 'action' AND trans_type = 'saga' AND gid = 'g1' AND branch_id = '01'"),
      2);
}

TEST_P(BarrierTest, RowsAreThoseOfTheProtocol) {
  Expect(Deliver(Saga(Op::kCompensate), 0), BarrierVerdict::kNullCompensation);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM barrier WHERE op = 'action' AND reason = 'compensate'"),
            1);
  EXPECT_EQ(
      Number("SELECT COUNT(*) FROM barrier WHERE op = 'compensate' AND reason = 'compensate'"), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM barrier WHERE create_time > '2000-01-01' AND update_time "
                   "> '2000-01-01'"),
            2);
}

// The same call from many threads, over two connections as two processes would have them.
TEST_P(BarrierTest, ConcurrentRepeatsRunOnce) {
  const std::unique_ptr<Database> second = place_.Open();
  std::atomic<int> ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      const BarrierResult result =
          Barrier(Saga(Op::kAction)).Call(t % 2 == 0 ? *database_ : *second, Add(30));
      EXPECT_TRUE(result.outcome.ok()) << result.outcome.reason();
      if (result.verdict == BarrierVerdict::kRan) ++ran;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(Money(), 30);
}

// Whatever the order in which an action, its compensation and their repeats arrive, they cancel out
// in the end.
TEST_P(BarrierTest, ConcurrentActionAndCompensationCancelOut) {
  const std::unique_ptr<Database> second = place_.Open();
  for (int round = 0; round < 20; ++round) {
    const std::string gid = "race-" + std::to_string(round);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        const bool action = t % 2 == 0;
        const BranchContext context{gid, Mode::kSaga, "01", action ? Op::kAction : Op::kCompensate};
        EXPECT_TRUE(Barrier(context)
                        .Call(t < 2 ? *database_ : *second, Add(action ? 30 : -30))
                        .outcome.ok());
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(Money(), 0) << gid;
  }
}

// Repeats that wait for one that then fails: one of them does it.
TEST_P(BarrierTest, ConcurrentRepeatsOfWhatFailsRunUntilOneIsDone) {
  constexpr int kFailing = 5;
  std::atomic<int> runs = 0;
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&] {
      const BarrierResult result =
          Barrier(Saga(Op::kAction)).Call(*database_, [&](Transaction& tx) {
            const Outcome added = Add(30)(tx);
            if (!added.ok()) return added;
            return ++runs <= kFailing ? Outcome::FailedForGood("no") : added;
          });
      if (result.verdict == BarrierVerdict::kRan && result.outcome.ok()) ++done;
      EXPECT_TRUE(result.outcome.ok() || result.outcome == Outcome::FailedForGood("no"))
          << result.outcome.reason();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(Money(), 30);
}

TEST_P(BarrierTest, CheckBackFindsACommittedSender) {
  Expect(Barrier(MessageSenderContext("m1")).Call(*database_, Add(5)), BarrierVerdict::kRan);
  EXPECT_EQ(Barrier(MessageSenderContext("m1")).QueryPrepared(*database_), Outcome::Done());
  EXPECT_EQ(Barrier(MessageSenderContext("m1")).QueryPrepared(*database_), Outcome::Done());
}

TEST_P(BarrierTest, CheckBackBeforeTheSenderRefusesItForEver) {
  EXPECT_EQ(Barrier(MessageSenderContext("m1")).QueryPrepared(*database_).kind(),
            OutcomeKind::kFailedForGood);
  const BarrierResult late = Barrier(MessageSenderContext("m1")).Call(*database_, Add(5));
  EXPECT_NE(late.verdict, BarrierVerdict::kRan);
  EXPECT_EQ(late.outcome.kind(), OutcomeKind::kFailedForGood);
  EXPECT_EQ(Money(), 0);
  EXPECT_EQ(Barrier(MessageSenderContext("m1")).QueryPrepared(*database_).kind(),
            OutcomeKind::kFailedForGood);
}

TEST_P(BarrierTest, CheckBackAfterASenderThatFailedIsANo) {
  const BarrierResult failed =
      Barrier(MessageSenderContext("m1")).Call(*database_, [](Transaction&) {
        return Outcome::FailedForGood("not enough money");
      });
  EXPECT_EQ(failed.outcome.reason(), "not enough money");
  EXPECT_EQ(Barrier(MessageSenderContext("m1")).QueryPrepared(*database_).kind(),
            OutcomeKind::kFailedForGood);
}

TEST_P(BarrierTest, ABrokenDatabaseIsUnknownNotDone) {
  ASSERT_TRUE(database_->Script("DROP TABLE barrier").ok());
  const BarrierResult result = Deliver(Saga(Op::kAction), 30);
  EXPECT_EQ(result.verdict, BarrierVerdict::kError);
  EXPECT_EQ(result.outcome.kind(), OutcomeKind::kUnknown);
  EXPECT_EQ(Money(), 0);
}

}  // namespace
}  // namespace saga::participants::sdk
