#include "participants/sdk/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::sdk {
namespace {

class DatabaseTest : public ::testing::TestWithParam<Dialect> {
 protected:
  DatabaseTest() {
    const absl::Status made = database_->Script(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n BIGINT CHECK (n >= 0), s VARCHAR(60) UNIQUE);"
        "CREATE TABLE other (id INTEGER PRIMARY KEY)");
    EXPECT_TRUE(made.ok()) << made;
  }

  std::unique_ptr<Database> Open(const DatabaseOptions& options = {}) {
    return place_.Open(options);
  }

  absl::Status Insert(int64_t id, int64_t n, const std::string& s) {
    return database_->Write([&](Transaction& tx) {
      return tx.Execute("INSERT INTO t (id, n, s) VALUES (?, ?, ?)", id, n, s).status();
    });
  }

  int64_t Number(const std::string& query) { return NumberIn(*database_, query); }
  int64_t Count() { return Number("SELECT COUNT(*) FROM t"); }

  DatabaseUnderTest place_{GetParam()};
  std::unique_ptr<Database> database_ = place_.Open();
};

INSTANTIATE_TEST_SUITE_P(Databases, DatabaseTest, EachDialect(), DialectName);

TEST(SqliteDatabase, IsOpenedSoThatCommitsSurviveAPowerCut) {
  const DatabaseUnderTest place(Dialect::kSqlite);
  const std::unique_ptr<Database> database = place.Open();
  std::string mode;
  ASSERT_TRUE(database
                  ->Read([&](Transaction& tx) -> absl::Status {
                    absl::StatusOr<Rows> journal = tx.Query("PRAGMA journal_mode");
                    if (!journal.ok() || !journal->Next().value())
                      return absl::InternalError("no row");
                    mode = journal->Text(0);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(mode, "wal");
  EXPECT_EQ(NumberIn(*database, "PRAGMA synchronous"), 2);  // FULL
}

TEST_P(DatabaseTest, ReadsBackWhatWasWritten) {
  const std::string text("a\0b'; DROP TABLE t; --", 22);
  ASSERT_TRUE(Insert(7, INT64_MAX, text).ok());
  std::string read;
  int64_t number = 0;
  ASSERT_TRUE(database_
                  ->Read([&](Transaction& tx) -> absl::Status {
                    absl::StatusOr<Rows> rows =
                        tx.Query("SELECT n, s FROM t WHERE id = ?", int64_t{7});
                    if (!rows.ok() || !rows->Next().value()) return absl::InternalError("no row");
                    number = rows->Int(0);
                    read = rows->Text(1);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(number, INT64_MAX);
  EXPECT_EQ(read, text);
}

TEST_P(DatabaseTest, AnErrorTakesTheWholeTransactionBack) {
  const absl::Status failed = database_->Write([&](Transaction& tx) -> absl::Status {
    EXPECT_TRUE(tx.Execute("INSERT INTO t (id, n, s) VALUES (1, 1, 'a')").ok());
    return absl::CancelledError("changed my mind");
  });
  EXPECT_EQ(failed.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Count(), 0);
  EXPECT_THROW(static_cast<void>(database_->Write([&](Transaction& tx) -> absl::Status {
                 EXPECT_TRUE(tx.Execute("INSERT INTO t (id, n, s) VALUES (1, 1, 'a')").ok());
                 throw std::runtime_error("a handler's bug");
               })),
               std::runtime_error);
  EXPECT_EQ(Count(), 0);
  EXPECT_TRUE(Insert(1, 1, "a").ok()) << "the database goes on";
}

TEST_P(DatabaseTest, TellsErrorsApart) {
  ASSERT_TRUE(Insert(1, 1, "a").ok());
  EXPECT_EQ(Insert(2, 1, "a").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Insert(1, 1, "b").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Insert(3, -1, "c").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Database::Open("/no/such/folder/t.db", {}).status().code(),
            absl::StatusCode::kInternal);
  const absl::Status wrong = database_->Write(
      [](Transaction& tx) { return tx.Execute("UPDATE missing SET x = 1").status(); });
  EXPECT_EQ(wrong.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(wrong.message()), ::testing::HasSubstr("missing"));
}

TEST_P(DatabaseTest, AnotherProcessHoldingTheLockIsBusyNotBroken) {
  const std::unique_ptr<Database> impatient = Open({.busy_timeout = absl::Milliseconds(1)});
  ASSERT_TRUE(Insert(1, 1, "a").ok());
  const auto change = [](Transaction& tx) {
    return tx.Execute("UPDATE t SET n = n + 1 WHERE id = 1").status();
  };
  absl::Status inner;
  ASSERT_TRUE(database_
                  ->Write([&](Transaction& tx) {
                    const absl::Status changed = change(tx);
                    inner = impatient->Write(change);
                    return changed;
                  })
                  .ok());
  EXPECT_EQ(inner.code(), absl::StatusCode::kUnavailable) << inner;
  EXPECT_TRUE(impatient->Write(change).ok());
  EXPECT_EQ(Number("SELECT n FROM t"), 3);
}

TEST_P(DatabaseTest, TablesAreBroughtForwardStepByStep) {
  const Migration first{
      .sqlite = "CREATE TABLE u (id INTEGER PRIMARY KEY); INSERT INTO u VALUES (1)",
      .mysql =
          "CREATE TABLE IF NOT EXISTS u (id INTEGER PRIMARY KEY);"
          "INSERT IGNORE INTO u VALUES (1)"};
  const Migration second{
      .sqlite = "ALTER TABLE u ADD COLUMN n INTEGER NOT NULL DEFAULT 7",
      .mysql = "ALTER TABLE u ADD COLUMN IF NOT EXISTS n INT NOT NULL DEFAULT 7"};
  EXPECT_TRUE(database_->Migrate("shop", {first}).ok());
  EXPECT_TRUE(database_->Migrate("shop", {first}).ok());
  EXPECT_TRUE(Open()->Migrate("shop", {first, second}).ok());
  EXPECT_TRUE(Open()->Migrate("shop", {first, second}).ok());
  EXPECT_EQ(Number("SELECT n FROM u"), 7);
  const absl::Status older = Open()->Migrate("shop", {first});
  EXPECT_EQ(older.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(older.message()),
              ::testing::HasSubstr("version 2, this program knows version 1"));
}

TEST_P(DatabaseTest, AStepThatFailsIsTriedAgainAndNotSkipped) {
  const std::vector<Migration> broken = {{"CREATE TABLE u (id INTEGER); CREATE NONSENSE",
                                          "CREATE TABLE IF NOT EXISTS u (id INTEGER); NONSENSE"}};
  EXPECT_EQ(database_->Migrate("shop", broken).code(), absl::StatusCode::kInternal);
  const std::vector<Migration> mended = {{"CREATE TABLE u (id INTEGER); CREATE TABLE v (n INTEGER)",
                                          "CREATE TABLE IF NOT EXISTS u (id INTEGER);"
                                          "CREATE TABLE IF NOT EXISTS v (n INTEGER)"}};
  EXPECT_TRUE(database_->Migrate("shop", mended).ok());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM v"), 0);
}

TEST_P(DatabaseTest, InstancesThatStartTogetherMakeTheTablesOnce) {
  const std::vector<Migration> steps = {
      {"CREATE TABLE u (id INTEGER PRIMARY KEY)",
       "CREATE TABLE IF NOT EXISTS u (id INTEGER PRIMARY KEY)"},
      {"INSERT INTO u VALUES (1)", "INSERT IGNORE INTO u VALUES (1)"}};
  std::vector<std::thread> instances;
  for (int i = 0; i < 6; ++i) {
    instances.emplace_back([&] {
      const absl::Status made = Open()->Migrate("shop", steps);
      EXPECT_TRUE(made.ok()) << made;
    });
  }
  for (std::thread& instance : instances) instance.join();
  EXPECT_EQ(Number("SELECT COUNT(*) FROM u"), 1);
}

TEST_P(DatabaseTest, ManyThreadsLoseNoUpdate) {
  ASSERT_TRUE(Insert(1, 0, "a").ok());
  const std::unique_ptr<Database> second = Open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      Database& database = t % 2 == 0 ? *database_ : *second;
      for (int i = 0; i < 25; ++i) {
        EXPECT_TRUE(database
                        .Write([](Transaction& tx) {
                          return tx.Execute("UPDATE t SET n = n + 1 WHERE id = 1").status();
                        })
                        .ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Number("SELECT n FROM t WHERE id = 1"), 200);
}

}  // namespace
}  // namespace saga::participants::sdk
