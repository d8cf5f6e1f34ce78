#include "participants/sdk/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/fixture/temp_dir.h"

namespace saga::participants::sdk {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() : database_(Open()) {
    EXPECT_TRUE(
        database_
            ->Script(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CHECK (n >= 0), s TEXT UNIQUE)")
            .ok());
  }

  std::unique_ptr<Database> Open(DatabaseOptions options = {}) {
    absl::StatusOr<std::unique_ptr<Database>> opened = Database::Open(dir_.File("t.db"), options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  absl::Status Insert(int64_t id, int64_t n, const std::string& s) {
    return database_->Write([&](Transaction& tx) {
      return tx.Execute("INSERT INTO t (id, n, s) VALUES (?, ?, ?)", id, n, s).status();
    });
  }

  int64_t Count() {
    int64_t count = -1;
    EXPECT_TRUE(database_
                    ->Read([&](Transaction& tx) -> absl::Status {
                      absl::StatusOr<Rows> rows = tx.Query("SELECT COUNT(*) FROM t");
                      if (!rows.ok()) return rows.status();
                      if (absl::StatusOr<bool> next = rows->Next(); !next.ok() || !*next)
                        return absl::InternalError("no row");
                      count = rows->Int(0);
                      return absl::OkStatus();
                    })
                    .ok());
    return count;
  }

  fixture::TempDir dir_;
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, IsOpenedSoThatCommitsSurviveAPowerCut) {
  std::string mode;
  int64_t synchronous = 0;
  ASSERT_TRUE(database_
                  ->Read([&](Transaction& tx) -> absl::Status {
                    absl::StatusOr<Rows> journal = tx.Query("PRAGMA journal_mode");
                    if (!journal.ok() || !journal->Next().value())
                      return absl::InternalError("no row");
                    mode = journal->Text(0);
                    absl::StatusOr<Rows> sync = tx.Query("PRAGMA synchronous");
                    if (!sync.ok() || !sync->Next().value()) return absl::InternalError("no row");
                    synchronous = sync->Int(0);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(mode, "wal");
  EXPECT_EQ(synchronous, 2);  // FULL
}

TEST_F(DatabaseTest, ReadsBackWhatWasWritten) {
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

TEST_F(DatabaseTest, AnErrorTakesTheWholeTransactionBack) {
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

TEST_F(DatabaseTest, TellsErrorsApart) {
  ASSERT_TRUE(Insert(1, 1, "a").ok());
  EXPECT_EQ(Insert(2, 1, "a").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Insert(1, 1, "b").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Insert(3, -1, "c").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Database::Open(dir_.File("no/such/folder.db"), {}).status().code(),
            absl::StatusCode::kInternal);
  const absl::Status wrong = database_->Write(
      [](Transaction& tx) { return tx.Execute("UPDATE missing SET x = 1").status(); });
  EXPECT_EQ(wrong.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(wrong.message()), ::testing::HasSubstr("no such table"));
}

TEST_F(DatabaseTest, AnotherProcessHoldingTheLockIsBusyNotBroken) {
  const std::unique_ptr<Database> impatient = Open({.busy_timeout = absl::Milliseconds(1)});
  absl::Status inner;
  ASSERT_TRUE(database_
                  ->Write([&](Transaction&) {
                    inner = impatient->Write([](Transaction&) { return absl::OkStatus(); });
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(inner.code(), absl::StatusCode::kUnavailable) << inner;
  EXPECT_TRUE(impatient->Write([](Transaction&) { return absl::OkStatus(); }).ok());
}

TEST_F(DatabaseTest, ASchemaIsMadeOnceAndAnUnknownOneIsRefused) {
  const std::string schema =
      "CREATE TABLE u (id INTEGER PRIMARY KEY); CREATE TABLE v (id INTEGER PRIMARY KEY);";
  EXPECT_TRUE(database_->EnsureSchema(3, schema).ok());
  EXPECT_TRUE(database_->EnsureSchema(3, schema).ok());
  EXPECT_TRUE(Open()->EnsureSchema(3, schema).ok());
  const absl::Status other = Open()->EnsureSchema(2, schema);
  EXPECT_EQ(other.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.message()),
              ::testing::HasSubstr("version 3, this program knows version 2"));
}

TEST_F(DatabaseTest, ManyThreadsLoseNoUpdate) {
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
  int64_t n = 0;
  ASSERT_TRUE(database_
                  ->Read([&](Transaction& tx) -> absl::Status {
                    absl::StatusOr<Rows> rows = tx.Query("SELECT n FROM t WHERE id = 1");
                    if (!rows.ok() || !rows->Next().value()) return absl::InternalError("no row");
                    n = rows->Int(0);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(n, 200);
}

}  // namespace
}  // namespace saga::participants::sdk
