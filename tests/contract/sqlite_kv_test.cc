// Small records in the SQLite file: durable by themselves, in turn with the store's commits, and a
// clear refusal when the file or the disk is not to be had.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/sqlite/write_turn.h"
#include "tests/contract/broken_disk.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/temp_dir.h"

namespace saga::adapter {
namespace {

using contract::BrokenDisk;
using contract::InsertOf;
using contract::SmallSaga;
using ::testing::HasSubstr;
using Result = port::WriteResult::Kind;

constexpr base::Time kNow{1'700'000'000'000'000};

class SqliteKvTest : public ::testing::Test {
 protected:
  ~SqliteKvTest() override { BrokenDisk::Mend(); }

  std::string Path() const { return dir_.File("sagad.db"); }
  SqliteStore MustOpen(const SqliteOptions& options = {}) {
    auto opened = OpenSqliteStore(Path(), options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  static Result Put(SqliteStore& sqlite, const std::string& gid) {
    const core::GlobalTransaction transaction = SmallSaga(gid);
    return sqlite.store->Commit({InsertOf(transaction, kNow)})[0].kind;
  }

  fixture::TempDir dir_;
};

TEST_F(SqliteKvTest, WhatIsAcknowledgedSurvivesTheProcess) {
  SqliteStore sqlite = MustOpen();
  ASSERT_TRUE(sqlite.kv->CreateKv("topics", "paid", "one", kNow).ok());
  ASSERT_TRUE(sqlite.kv->UpdateKv("topics", "paid", "two", 1, kNow).ok());
  ASSERT_TRUE(sqlite.kv->CreateKv("topics", "gone", "", kNow).ok());
  ASSERT_TRUE(sqlite.kv->DeleteKv("topics", "gone").ok());
  // What another process would find if this one died now.
  const fixture::TempDir crashed;
  for (const std::string suffix : {"", "-wal"}) {
    fixture::WriteFile(crashed.File("sagad.db" + suffix), fixture::ReadFile(Path() + suffix));
  }
  auto after = OpenSqliteStore(crashed.File("sagad.db"));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->kv->FindKv("topics", "paid")->value, "two");
  EXPECT_TRUE(absl::IsNotFound(after->kv->FindKv("topics", "gone").status()));
}

TEST_F(SqliteKvTest, ARecordWaitsForTheCommitThatIsUnderWay) {
  SqliteStore* opened = nullptr;
  std::thread writing;
  std::atomic<bool> written{false};
  absl::Notification begun;
  SqliteStore sqlite = MustOpen({.before_commit = [&] {
    if (writing.joinable()) return;
    writing = std::thread([&] {
      begun.Notify();
      EXPECT_TRUE(opened->kv->CreateKv("topics", "paid", "one", kNow).ok());
      written = true;
    });
    begun.WaitForNotification();
    // The commit has the file: nothing can have been written, and reading goes on.
    EXPECT_TRUE(absl::IsNotFound(opened->kv->FindKv("topics", "paid").status()));
    EXPECT_FALSE(written);
  }});
  opened = &sqlite;
  EXPECT_EQ(Put(sqlite, "order-1"), Result::kDone);
  writing.join();
  EXPECT_EQ(sqlite.kv->FindKv("topics", "paid")->value, "one");
  EXPECT_TRUE(sqlite.store->Load("order-1").ok());
}

// One that never pauses does not keep another out.
TEST(WriteTurnTest, OneAtATimeAndNobodyIsPassedOver) {
  sqlite::WriteTurn turn;
  std::atomic<int> inside{0};
  std::atomic<bool> done{false};
  const auto take = [&] {
    const sqlite::WriteTurn::Holder holder(&turn);
    EXPECT_EQ(++inside, 1);
    --inside;
  };
  std::thread greedy([&] {
    while (!done) take();
  });
  for (int i = 0; i < 1000; ++i) take();
  done = true;
  greedy.join();
  EXPECT_EQ(inside, 0);
}

TEST_F(SqliteKvTest, AShellWithAnOpenTransactionIsNamed) {
  SqliteStore sqlite = MustOpen();
  sqlite3* shell = nullptr;
  ASSERT_EQ(sqlite3_open(Path().c_str(), &shell), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(shell, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const absl::Status refused = sqlite.kv->CreateKv("topics", "paid", "one", kNow);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("is locked by another program"));
  EXPECT_TRUE(absl::IsNotFound(sqlite.kv->FindKv("topics", "paid").status()));
  sqlite3_close(shell);
  EXPECT_TRUE(sqlite.kv->CreateKv("topics", "paid", "one", kNow).ok());
}

TEST_F(SqliteKvTest, AFullDiskLosesNothingAndPasses) {
  SqliteStore sqlite = MustOpen({.vfs = BrokenDisk::Name()});
  ASSERT_TRUE(sqlite.kv->CreateKv("topics", "kept", "one", kNow).ok());
  BrokenDisk::room = 0;
  const absl::Status refused = sqlite.kv->UpdateKv("topics", "kept", "two", 1, kNow);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("the disk is full"));
  EXPECT_EQ(sqlite.kv->FindKv("topics", "kept")->value, "one");
  BrokenDisk::Mend();
  EXPECT_TRUE(sqlite.kv->UpdateKv("topics", "kept", "two", 1, kNow).ok());
  // The store was not drawn into it.
  EXPECT_EQ(Put(sqlite, "order-1"), Result::kDone);
  EXPECT_TRUE(sqlite.store->Ping().ok());
}

// A kept log file is as long as it ever was, so its length tells whether it was begun anew.
TEST_F(SqliteKvTest, TheLogDoesNotGrowWithRecordsAlone) {
  SqliteStore sqlite = MustOpen({.checkpoint_pages = 20});
  ASSERT_TRUE(sqlite.kv->CreateKv("topics", "paid", "", kNow).ok());
  for (uint64_t version = 1; version <= 200; ++version) {
    ASSERT_TRUE(sqlite.kv->UpdateKv("topics", "paid", std::string(3000, 'v'), version, kNow).ok());
  }
  EXPECT_LT(fixture::ReadFile(Path() + "-wal").size(), size_t{60 * 4120});
}

}  // namespace
}  // namespace saga::adapter
