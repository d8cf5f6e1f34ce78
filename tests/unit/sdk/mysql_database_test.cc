// What only a database behind a server has: deadlocks, locks that do not come, connections that
// break, and a pool of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::sdk {
namespace {

class MysqlDatabaseTest : public ::testing::Test {
 protected:
  MysqlDatabaseTest() {
    place_.server().Run(
        "CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL);"
        "INSERT INTO t VALUES (1, 0), (2, 0)");
  }

  static absl::Status Add(Transaction& tx, int64_t id) {
    return tx.Execute("UPDATE t SET n = n + 1 WHERE id = ?", id).status();
  }

  // The number of the connection of `tx`, for KILL.
  static int64_t ConnectionOf(Transaction& tx) {
    absl::StatusOr<Rows> rows = tx.Query("SELECT CONNECTION_ID()");
    EXPECT_TRUE(rows.ok() && rows->Next().value_or(false));
    return rows->Int(0);
  }

  void Kill(int64_t connection) { place_.server().Run(absl::StrCat("KILL ", connection)); }
  std::string Numbers() { return place_.server().Run("SELECT n FROM t ORDER BY id"); }

  DatabaseUnderTest place_{Dialect::kMysql};
  std::unique_ptr<Database> database_ = place_.Open();
};

// Two transactions that take the rows in opposite order; each has its first one before either asks
// for its second.
TEST_F(MysqlDatabaseTest, ADeadlockIsRunAgainAndNobodySeesIt) {
  std::atomic<int> runs = 0;
  absl::Notification both;
  std::atomic<int> holding = 0;
  const auto change = [&](int64_t first, int64_t second) {
    return database_->Write([&, first, second](Transaction& tx) -> absl::Status {
      ++runs;
      if (absl::Status added = Add(tx, first); !added.ok()) return added;
      if (++holding == 2) both.Notify();
      both.WaitForNotification();
      return Add(tx, second);
    });
  };
  absl::Status one;
  std::thread other([&] { one = change(1, 2); });
  const absl::Status two = change(2, 1);
  other.join();
  EXPECT_TRUE(one.ok()) << one;
  EXPECT_TRUE(two.ok()) << two;
  EXPECT_EQ(Numbers(), "2\n2\n");
  EXPECT_GT(runs, 2) << "there was no deadlock";
}

// A service that does not look at an error must not go on outside of the transaction.
TEST_F(MysqlDatabaseTest, AfterADeadlockNothingRunsUntilTheTransactionBeginsAgain) {
  std::atomic<int> holding = 0;
  std::atomic<int> refused = 0;
  absl::Notification both;
  const auto change = [&](int64_t first, int64_t second) {
    return database_->Write([&, first, second](Transaction& tx) -> absl::Status {
      const absl::Status before = Add(tx, first);
      if (++holding == 2) both.Notify();
      both.WaitForNotification();
      const absl::Status met = Add(tx, second);
      const absl::Status after = Add(tx, 1);
      if (!met.ok()) {
        EXPECT_EQ(after.code(), absl::StatusCode::kUnavailable);
        ++refused;
      }
      return absl::OkStatus();
    });
  };
  std::thread other([&] { EXPECT_TRUE(change(1, 2).ok()); });
  EXPECT_TRUE(change(2, 1).ok());
  other.join();
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(Numbers(), "4\n2\n");
}

TEST_F(MysqlDatabaseTest, ALockThatDoesNotComeIsBusyAndNotTriedAgain) {
  const std::unique_ptr<Database> impatient =
      place_.Open({.busy_timeout = absl::Milliseconds(500)});
  int runs = 0;
  absl::Status inner;
  ASSERT_TRUE(database_
                  ->Write([&](Transaction& tx) {
                    const absl::Status added = Add(tx, 1);
                    inner = impatient->Write([&](Transaction& late) -> absl::Status {
                      ++runs;
                      EXPECT_TRUE(Add(late, 2).ok());
                      // InnoDB takes back this one statement only; the SDK the whole of it.
                      static_cast<void>(Add(late, 1));
                      return absl::OkStatus();
                    });
                    return added;
                  })
                  .ok());
  EXPECT_EQ(inner.code(), absl::StatusCode::kUnavailable) << inner;
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(Numbers(), "1\n0\n");
}

TEST_F(MysqlDatabaseTest, AConnectionThatBreaksBeforeTheCommitLeavesNothing) {
  const absl::Status broken = database_->Write([&](Transaction& tx) -> absl::Status {
    EXPECT_TRUE(Add(tx, 1).ok());
    Kill(ConnectionOf(tx));
    static_cast<void>(Add(tx, 2));
    return absl::OkStatus();
  });
  EXPECT_EQ(broken.code(), absl::StatusCode::kUnavailable) << broken;
  EXPECT_EQ(Numbers(), "0\n0\n");
  EXPECT_TRUE(database_->Write([](Transaction& tx) { return Add(tx, 1); }).ok());
  EXPECT_EQ(Numbers(), "1\n0\n");
}

TEST_F(MysqlDatabaseTest, AConnectionThatBreaksAtTheCommitIsUnknown) {
  const absl::Status unknown = database_->Write([&](Transaction& tx) -> absl::Status {
    EXPECT_TRUE(Add(tx, 1).ok());
    Kill(ConnectionOf(tx));
    return absl::OkStatus();
  });
  EXPECT_EQ(unknown.code(), absl::StatusCode::kUnknown) << unknown;
}

TEST_F(MysqlDatabaseTest, AConnectionThatDiedInThePoolIsReplaced) {
  int64_t connection = 0;
  ASSERT_TRUE(database_
                  ->Write([&](Transaction& tx) {
                    connection = ConnectionOf(tx);
                    return absl::OkStatus();
                  })
                  .ok());
  Kill(connection);
  EXPECT_TRUE(database_->Write([](Transaction& tx) { return Add(tx, 1); }).ok());
  EXPECT_EQ(Numbers(), "1\n0\n");
}

TEST_F(MysqlDatabaseTest, AReaderSeesOneMoment) {
  ASSERT_TRUE(database_
                  ->Read([&](Transaction& tx) -> absl::Status {
                    const auto read = [&]() -> int64_t {
                      absl::StatusOr<Rows> rows = tx.Query("SELECT SUM(n) FROM t");
                      return rows.ok() && rows->Next().value_or(false) ? rows->Int(0) : -1;
                    };
                    EXPECT_EQ(read(), 0);
                    const absl::Status written =
                        database_->Write([](Transaction& other) { return Add(other, 1); });
                    EXPECT_EQ(read(), 0);
                    EXPECT_FALSE(Add(tx, 1).ok()) << "a reader does not write";
                    return written;
                  })
                  .ok());
  EXPECT_EQ(Numbers(), "1\n0\n");
}

TEST_F(MysqlDatabaseTest, AFullPoolIsBusy) {
  const std::unique_ptr<Database> small =
      place_.Open({.busy_timeout = absl::Milliseconds(20), .max_connections = 1});
  const auto nothing = [](Transaction&) { return absl::OkStatus(); };
  absl::Status inner;
  ASSERT_TRUE(small
                  ->Write([&](Transaction&) {
                    inner = small->Write(nothing);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(inner.code(), absl::StatusCode::kUnavailable) << inner;
  EXPECT_TRUE(small->Write(nothing).ok());
}

TEST_F(MysqlDatabaseTest, WhatIsWrongWithThePlaceIsSaidAtOpen) {
  const auto open = [](const std::string& place, const DatabaseOptions& options) {
    return std::string(Database::Open(place, options).status().message());
  };
  EXPECT_THAT(open("mysql://root@127.0.0.1:1/shop", {}), ::testing::HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(open(absl::StrCat("mysql://root@", place_.server().address(), "/nobody_made_it"), {}),
              ::testing::HasSubstr("create the database first"));
  EXPECT_THAT(open("mysql://root:secret@127.0.0.1/shop", {}), ::testing::HasSubstr("password"));
  EXPECT_THAT(open("mysql://127.0.0.1", {}), ::testing::HasSubstr("no database"));
  EXPECT_THAT(open(place_.place(), {.barrier_table = "a b"}), ::testing::HasSubstr("barrier"));

  const std::string user = place_.server().NewUser("secret");
  const std::string theirs =
      absl::StrCat("mysql://", user, "@", place_.server().address(), "/", place_.server().name());
  EXPECT_THAT(open(theirs, {.password = "wrong"}), ::testing::HasSubstr("check user, password"));
  EXPECT_EQ(open(theirs, {.password = "secret"}), "");
}

TEST(MysqlDatabase, GoesOnAfterTheServerWasAway) {
  fixture::MariaDb server;
  ASSERT_TRUE(server.WaitReady()) << server.Log();
  fixture::Database place(server.address());
  const std::unique_ptr<Database> database = Database::Open(place.url(), {}).value();
  ASSERT_TRUE(database->Script("CREATE TABLE t (n INT)").ok());
  const auto add = [](Transaction& tx) { return tx.Execute("INSERT INTO t VALUES (1)").status(); };
  ASSERT_TRUE(database->Write(add).ok());
  server.Kill();
  EXPECT_EQ(database->Write(add).code(), absl::StatusCode::kUnavailable);
  server.Start();
  ASSERT_TRUE(server.WaitReady()) << server.Log();
  EXPECT_TRUE(database->Write(add).ok());
  EXPECT_EQ(NumberIn(*database, "SELECT COUNT(*) FROM t"), 2);
}

}  // namespace
}  // namespace saga::participants::sdk
