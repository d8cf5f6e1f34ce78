// What is special about outbox and jobs in a file: what is durable and what need not be, and what a
// process leaves behind that dies in the middle.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "tests/contract/broken_disk.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/temp_dir.h"

namespace saga::adapter {
namespace {

using contract::BrokenDisk;
using contract::InsertOf;
using contract::SmallSaga;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Result = port::WriteResult::Kind;

constexpr base::Time kNow{1'700'000'000'000'000};

class SqliteOutboxTest : public ::testing::Test {
 protected:
  ~SqliteOutboxTest() override { BrokenDisk::Mend(); }

  std::string Path() const { return dir_.File("sagad.db"); }
  SqliteStore MustOpen(const std::string& path, const SqliteOptions& options = {}) {
    auto opened = OpenSqliteStore(path, options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  // What another process would find if this one died now.
  std::string CopyOfNow() {
    const std::string copy = copies_.File(absl::StrCat("copy-", ++copied_, ".db"));
    for (const std::string suffix : {"", "-wal"})
      fixture::WriteFile(copy + suffix, fixture::ReadFile(Path() + suffix));
    return copy;
  }
  static Result PutWith(SqliteStore& sqlite, const std::string& gid,
                        const std::vector<base::Message>& messages) {
    const core::GlobalTransaction transaction = SmallSaga(gid);
    port::Write write = InsertOf(transaction, kNow);
    write.outbox = &messages;
    return sqlite.store->Commit({write})[0].kind;
  }
  static std::vector<std::string> Keys(SqliteStore& sqlite) {
    std::vector<std::string> keys;
    const auto records = sqlite.outbox->ReadOutbox(0, 100);
    EXPECT_TRUE(records.ok()) << records.status();
    for (const port::OutboxRecord& record : *records) keys.push_back(record.message.key);
    return keys;
  }

  fixture::TempDir dir_;
  fixture::TempDir copies_;
  int copied_ = 0;
};

TEST_F(SqliteOutboxTest, WhatIsParkedSurvivesTheProcess) {
  SqliteStore sqlite = MustOpen(Path());
  ASSERT_TRUE(
      sqlite.outbox->Park({.reason = "odd", .offset = 4}, {.topic = "t", .key = "copy"}).ok());
  SqliteStore after = MustOpen(CopyOfNow());
  EXPECT_THAT(Keys(after), ElementsAre("copy"));
  ASSERT_EQ(after.outbox->ListParked(0, 10)->size(), 1u);
  EXPECT_EQ(after.outbox->ListParked(0, 10)->front().offset, 4);
}

// Removing waits for no sync; a park does.
TEST_F(SqliteOutboxTest, OnlyWhatMustBeDurableWaitsForTheDisk) {
  SqliteStore sqlite = MustOpen(Path(), {.vfs = BrokenDisk::Name()});
  ASSERT_EQ(PutWith(sqlite, "order-1", {{.topic = "t", .key = "a"}, {.topic = "t", .key = "b"}}),
            Result::kDone);
  const auto records = sqlite.outbox->ReadOutbox(0, 10);
  ASSERT_TRUE(records.ok() && records->size() == 2u);
  BrokenDisk::failing_syncs = 1000;
  EXPECT_TRUE(sqlite.outbox->RemoveOutbox({records->front().id}).ok());
  EXPECT_EQ(BrokenDisk::failing_syncs, 1000);
  const absl::Status refused = sqlite.outbox->Park({.reason = "odd"}, {});
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_LT(BrokenDisk::failing_syncs, 1000);
  BrokenDisk::Mend();
  EXPECT_THAT(Keys(sqlite), ElementsAre("b"));
}

TEST_F(SqliteOutboxTest, AFullDiskLosesNothingAndPasses) {
  SqliteStore sqlite = MustOpen(Path(), {.vfs = BrokenDisk::Name()});
  ASSERT_EQ(PutWith(sqlite, "order-1", {{.topic = "t", .key = "a"}}), Result::kDone);
  BrokenDisk::room = 0;
  const absl::Status refused = sqlite.outbox->Park({.reason = "odd"}, {.topic = "t", .key = "b"});
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("the disk is full"));
  EXPECT_TRUE(absl::IsUnavailable(sqlite.jobs->CreateJob({.token = "t1"}, {{.number = 0}})));
  EXPECT_THAT(sqlite.outbox->RemoveOutbox({1}).code(), absl::StatusCode::kUnavailable);
  BrokenDisk::Mend();
  EXPECT_THAT(Keys(sqlite), ElementsAre("a"));
  EXPECT_TRUE(sqlite.outbox->Park({.reason = "odd"}, {.topic = "t", .key = "b"}).ok());
  EXPECT_TRUE(sqlite.jobs->CreateJob({.token = "t1"}, {{.number = 0}}).ok());
  EXPECT_THAT(Keys(sqlite), ElementsAre("a", "b"));
  EXPECT_EQ(PutWith(sqlite, "order-2", {}), Result::kDone);
}

// A selection of many items takes several commits; one that was cut off in the middle is never seen
// and does not stay.
TEST_F(SqliteOutboxTest, AHalfMadeJobIsGone) {
  std::vector<port::JobItem> items(2500);
  for (uint32_t i = 0; i < items.size(); ++i)
    items[i] = {.number = i, .gid = absl::StrCat("order-", i), .branch_id = "01"};
  {
    SqliteStore sqlite = MustOpen(Path());
    ASSERT_TRUE(sqlite.jobs->CreateJob({.token = "whole", .create_time = kNow}, items).ok());
    ASSERT_TRUE(sqlite.jobs->CreateJob({.token = "half", .create_time = kNow}, items).ok());
    EXPECT_EQ(sqlite.jobs->CountItems("half")->pending, 2500u);
  }
  sqlite::Connection connection;
  ASSERT_EQ(connection.Open(Path(), SQLITE_OPEN_READWRITE, ""), SQLITE_OK);
  ASSERT_EQ(connection.Exec("UPDATE job SET state = 0 WHERE token = 'half'; DELETE FROM job_item "
                            "WHERE job_id = 2 AND number >= 2000"),
            SQLITE_OK);
  SqliteStore sqlite = MustOpen(Path());
  EXPECT_TRUE(absl::IsNotFound(sqlite.jobs->FindJob("half").status()));
  EXPECT_EQ(sqlite.jobs->ListJobs(10)->size(), 1u);
  EXPECT_EQ(*sqlite.jobs->ListItems("whole", 0, 10'000, std::nullopt), items);
  int64_t left = -1;
  ASSERT_EQ(connection.ReadNumber("SELECT count(*) FROM job_item WHERE job_id = 2", &left),
            SQLITE_OK);
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace saga::adapter
