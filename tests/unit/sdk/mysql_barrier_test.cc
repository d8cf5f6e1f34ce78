// The barrier in a table that others made, or share: DTM's own, in its own database.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "participants/sdk/barrier.h"
#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::sdk {
namespace {

using ::testing::HasSubstr;

// As DTM's clients come with it; the collation is that of the database, here one that takes "a" for
// "A", as MySQL's default does.
constexpr char kDtmTable[] =
    "create table barrier (id bigint(22) PRIMARY KEY AUTO_INCREMENT, trans_type varchar(45) "
    "default "
    "'', gid varchar(128) default '', branch_id varchar(128) default '', op varchar(45) default "
    "'', "
    "barrier_id varchar(45) default '', reason varchar(45) default '' , create_time datetime "
    "DEFAULT now(), update_time datetime DEFAULT now(), key(create_time), key(update_time), UNIQUE "
    "key(gid, branch_id, op, barrier_id)) default charset=utf8mb4";

class MysqlBarrierTest : public ::testing::Test {
 protected:
  MysqlBarrierTest() {
    place_.server().Run("CREATE TABLE money (n INT); INSERT INTO money VALUES (0)");
  }

  BarrierResult Deliver(const std::string& gid, Op op, int64_t amount) {
    return Barrier({gid, Mode::kSaga, "01", op}).Call(*database_, [&](Transaction& tx) {
      return Outcome::From(tx.Execute("UPDATE money SET n = n + ?", amount).status());
    });
  }
  std::string Money() { return place_.server().Run("SELECT n FROM money"); }
  absl::Status Create() { return CreateBarrierTable(*database_); }

  DatabaseUnderTest place_{Dialect::kMysql};
  fixture::Database shared_;  // where the table of several services is
  std::unique_ptr<Database> database_ =
      place_.Open({.barrier_table = absl::StrCat(shared_.name(), ".barrier")});
};

TEST_F(MysqlBarrierTest, UsesTheTableThatDtmsClientsBrought) {
  shared_.Run(kDtmTable);
  ASSERT_TRUE(Create().ok());
  EXPECT_EQ(Deliver("g", Op::kAction, 5).verdict, BarrierVerdict::kRan);
  EXPECT_EQ(Deliver("g", Op::kAction, 5).verdict, BarrierVerdict::kDuplicate);
  EXPECT_EQ(Deliver("h", Op::kCompensate, -5).verdict, BarrierVerdict::kNullCompensation);
  EXPECT_EQ(Money(), "5\n");
  EXPECT_EQ(shared_.Run("SELECT trans_type, gid, branch_id, op, barrier_id, reason, "
                        "ABS(TIMESTAMPDIFF(SECOND, create_time, NOW())) < 60 FROM barrier ORDER BY "
                        "gid, op"),
            "saga\tg\t01\taction\t01\taction\t1\n"
            "saga\th\t01\taction\t01\tcompensate\t1\n"
            "saga\th\t01\tcompensate\t01\tcompensate\t1\n");
}

TEST_F(MysqlBarrierTest, MakesItsOwnWhereThereIsNone) {
  const std::string name = shared_.name() + "_new";
  const std::unique_ptr<Database> database =
      place_.Open({.barrier_table = absl::StrCat(name, ".barrier")});
  const absl::Status made = CreateBarrierTable(*database);
  EXPECT_TRUE(made.ok()) << made;
  EXPECT_TRUE(CreateBarrierTable(*database).ok());
  EXPECT_EQ(place_.server().Run(
                absl::StrCat("SELECT COUNT(*) FROM ", name, ".barrier;", "DROP DATABASE ", name)),
            "0\n");
}

TEST_F(MysqlBarrierTest, RefusesATableThatIsNoBarrier) {
  shared_.Run(
      "CREATE TABLE barrier (id INT PRIMARY KEY, gid VARCHAR(128), branch_id VARCHAR(128), "
      "op VARCHAR(45), barrier_id VARCHAR(45), KEY (gid, branch_id, op, barrier_id))");
  EXPECT_THAT(std::string(Create().message()), HasSubstr("without a unique key"));
  shared_.Run(
      absl::StrCat("DROP TABLE barrier; ", kDtmTable, "; ALTER TABLE barrier ENGINE=MyISAM"));
  EXPECT_EQ(Create().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Create().message()), HasSubstr("MyISAM"));
}

TEST_F(MysqlBarrierTest, NeedsNoRightToMakeATableThatIsThere) {
  shared_.Run(kDtmTable);
  const std::string user = place_.server().NewUser("");
  shared_.Run(absl::StrCat("GRANT SELECT, INSERT ON ", shared_.name(), ".* TO ", user));
  const std::string theirs =
      absl::StrCat("mysql://", user, "@", place_.server().address(), "/", place_.server().name());
  database_ =
      Database::Open(theirs, {.barrier_table = absl::StrCat(shared_.name(), ".barrier")}).value();
  const absl::Status found = Create();
  EXPECT_TRUE(found.ok()) << found;
  EXPECT_EQ(Deliver("g", Op::kAction, 5).verdict, BarrierVerdict::kRan);
}

// DTM's clients skip here: an action that never ran counts as done, an undo runs for what was not
// done.
TEST_F(MysqlBarrierTest, GidsThatTheCollationDoesNotTellApartAreNotTakenForEachOther) {
  shared_.Run(absl::StrCat(kDtmTable, " collate utf8mb4_general_ci"));
  ASSERT_TRUE(Create().ok());
  EXPECT_EQ(Deliver("order-a", Op::kAction, 5).verdict, BarrierVerdict::kRan);
  for (const Op op : {Op::kAction, Op::kCompensate}) {
    const BarrierResult other = Deliver("order-A", op, 7);
    EXPECT_EQ(other.verdict, BarrierVerdict::kError);
    EXPECT_EQ(other.outcome.kind(), OutcomeKind::kUnknown);
    EXPECT_THAT(other.outcome.reason(), HasSubstr("collation"));
  }
  EXPECT_EQ(Money(), "5\n");
}

TEST_F(MysqlBarrierTest, ItsOwnTableTellsThemApart) {
  ASSERT_TRUE(Create().ok());
  EXPECT_EQ(Deliver("order-a", Op::kAction, 5).verdict, BarrierVerdict::kRan);
  EXPECT_EQ(Deliver("order-A", Op::kAction, 7).verdict, BarrierVerdict::kRan);
  EXPECT_EQ(Deliver("\xF0\x9F\x8D\x8E", Op::kAction, 1).verdict, BarrierVerdict::kRan);
  EXPECT_EQ(Money(), "13\n");
}

// The undo comes while the action is under way: it waits for its end and then undoes it.
TEST_F(MysqlBarrierTest, AnUndoWaitsForTheActionThatIsUnderWay) {
  ASSERT_TRUE(Create().ok());
  absl::Notification acting;
  std::thread action([&] {
    const BarrierResult acted =
        Barrier({"g", Mode::kSaga, "01", Op::kAction}).Call(*database_, [&](Transaction& tx) {
          if (!acting.HasBeenNotified()) acting.Notify();
          // Until somebody waits for a lock of ours.
          EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
            return place_.server().Run(
                       "SELECT COUNT(*) > 0 FROM information_schema.innodb_lock_waits") == "1\n";
          }));
          return Outcome::From(tx.Execute("UPDATE money SET n = n + 5").status());
        });
    EXPECT_TRUE(acted.outcome.ok()) << acted.outcome.reason();
  });
  acting.WaitForNotification();
  const BarrierResult undone = Deliver("g", Op::kCompensate, -5);
  action.join();
  EXPECT_EQ(undone.verdict, BarrierVerdict::kRan) << undone.outcome.reason();
  EXPECT_EQ(Money(), "0\n");
}

// Many branches, each delivered several times from several processes, actions and undos mixed: in
// the end each has moved nothing or once, and no deadlock was told to anybody.
TEST_F(MysqlBarrierTest, EveryMixOfRepeatsAndUndosMovesEachBranchOnce) {
  constexpr int kBranches = 60;
  constexpr int kThreads = 8;
  ASSERT_TRUE(Create().ok());
  const std::unique_ptr<Database> second =
      place_.Open({.barrier_table = database_->barrier_table()});
  place_.server().Run("CREATE TABLE moved (id INT PRIMARY KEY, n INT NOT NULL)");
  std::atomic<int> ran = 0;
  const auto deliver = [&](Database& database, int branch, Op op) {
    const BarrierResult result =
        Barrier({absl::StrCat("mix-", branch), Mode::kSaga, "01", op})
            .Call(database, [&](Transaction& tx) {
              return Outcome::From(
                  tx.Execute("INSERT INTO moved VALUES (?, ?) ON DUPLICATE KEY UPDATE n = n + ?",
                             branch, op == Op::kAction ? 1 : -1, op == Op::kAction ? 1 : -1)
                      .status());
            });
    EXPECT_TRUE(result.outcome.ok()) << result.outcome.reason();
    if (result.verdict == BarrierVerdict::kRan) ++ran;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int b = 0; b < kBranches; ++b) {
        // Every third branch is undone as well.
        const bool undo = b % 3 == 0 && t % 2 == 1;
        deliver(t < kThreads / 2 ? *database_ : *second, b, undo ? Op::kCompensate : Op::kAction);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(
      place_.server().Run("SELECT COUNT(*), COALESCE(SUM(n), 0) FROM moved WHERE id % 3 <> 0"),
      "40\t40\n");
  EXPECT_EQ(place_.server().Run("SELECT COALESCE(SUM(n <> 0), 0) FROM moved WHERE id % 3 = 0"),
            "0\n");
  EXPECT_GE(ran, kBranches * 2 / 3);
}

}  // namespace
}  // namespace saga::participants::sdk
