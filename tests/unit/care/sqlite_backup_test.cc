// Copies of a store, and a store from a copy: of one moment, whole, or not at all.

#include "orchestrator/adapter/sqlite/sqlite_backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/sqlite/sqlite_audit.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/care/verify.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/temp_dir.h"

namespace saga::care {
namespace {

using contract::InsertOf;
using contract::SmallSaga;

constexpr base::Time kWake{1'700'000'000'000'000};
const auto kSilent = [](uint64_t, uint64_t) {};

bool IsThere(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

void Put(port::TransactionStore& store, const std::string& gid, size_t payload = 10) {
  core::GlobalTransaction transaction = SmallSaga(gid);
  transaction.branches[0].payload = base::MakeBytes(std::string(payload, 'x'));
  const auto results = store.Commit({InsertOf(transaction, kWake)});
  ASSERT_EQ(results[0].kind, port::WriteResult::Kind::kDone) << results[0].error;
}

// How many transactions a file without findings has.
uint64_t Verified(const std::string& path) {
  auto audit = adapter::OpenSqliteAudit(path);
  EXPECT_TRUE(audit.ok()) << audit.status();
  if (!audit.ok()) return 0;
  care::Verified verified;
  const absl::Status status = Verify(
      **audit,
      [](const port::Finding& finding) { ADD_FAILURE() << finding.name << " " << finding.text; },
      kSilent, &verified);
  EXPECT_TRUE(status.ok()) << status;
  return verified.transactions;
}

class SqliteBackup : public testing::Test {
 protected:
  fixture::TempDir dir_;
  const std::string store_ = dir_.File("sagad.db");
  const std::string copy_ = dir_.File("copy.db");
};

TEST_F(SqliteBackup, IsOfOneMomentWhateverIsCommittedMeanwhile) {
  auto opened = adapter::OpenSqliteStore(store_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  for (int i = 0; i < 40; ++i) Put(*opened->store, "before-" + std::to_string(i), 200'000);
  int steps = 0;
  uint64_t last = 0;
  const auto commit_more = [&](uint64_t done, uint64_t all) {
    EXPECT_GE(done, last) << "it began again";
    EXPECT_LE(done, all);
    last = done;
    Put(*opened->store, "during-" + std::to_string(steps++), 50'000);
  };
  ASSERT_TRUE(adapter::CopySqliteStore(store_, copy_, commit_more).ok());
  EXPECT_GE(steps, 5);
  EXPECT_EQ(Verified(copy_), 40u);
  EXPECT_EQ(Verified(store_), 40u + static_cast<uint64_t>(steps));
  EXPECT_FALSE(IsThere(copy_ + "-wal"));
  // One file is enough.
  auto copied = adapter::OpenSqliteStore(copy_);
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_TRUE(copied->store->Load("before-39").ok());
  EXPECT_FALSE(copied->store->Load("during-0").ok());
}

TEST_F(SqliteBackup, WhatCannotBeCopiedLeavesNothing) {
  EXPECT_FALSE(adapter::CopySqliteStore(dir_.File("nothing"), copy_, kSilent).ok());
  EXPECT_FALSE(IsThere(copy_));
  ASSERT_TRUE(adapter::OpenSqliteStore(store_).ok());
  EXPECT_FALSE(adapter::CopySqliteStore(store_, dir_.File("no/folder"), kSilent).ok());
  fixture::WriteFile(store_, std::string(10'000, 'x'));
  EXPECT_FALSE(adapter::CopySqliteStore(store_, copy_, kSilent).ok());
  EXPECT_FALSE(IsThere(copy_));
}

TEST_F(SqliteBackup, ARestoreThatIsGivenUpChangesNothing) {
  {
    auto opened = adapter::OpenSqliteStore(store_);
    ASSERT_TRUE(opened.ok());
    Put(*opened->store, "old");
    ASSERT_TRUE(adapter::CopySqliteStore(store_, copy_, kSilent).ok());
    Put(*opened->store, "newer");
  }
  {
    auto restore = adapter::SqliteRestore::Begin(store_, true);
    ASSERT_TRUE(restore.ok()) << restore.status();
    ASSERT_TRUE((*restore)->Copy(copy_, kSilent).ok());
    EXPECT_FALSE(adapter::OpenSqliteStore(store_).ok()) << "nobody can start meanwhile";
    EXPECT_EQ(Verified((*restore)->copy()), 1u);
  }
  EXPECT_FALSE(IsThere(store_ + ".restore"));
  EXPECT_EQ(Verified(store_), 2u);
  auto restore = adapter::SqliteRestore::Begin(store_, true);
  ASSERT_TRUE(restore.ok());
  ASSERT_TRUE((*restore)->Copy(copy_, kSilent).ok());
  ASSERT_TRUE((*restore)->Finish().ok());
  restore->reset();
  EXPECT_EQ(Verified(store_), 1u);
}

TEST_F(SqliteBackup, AnOldSchemaIsBroughtForward) {
  {
    adapter::sqlite::Connection old;
    ASSERT_EQ(old.Open(copy_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ""), SQLITE_OK);
    const std::vector<adapter::sqlite::Migration> first = {adapter::sqlite::Migrations()[0]};
    ASSERT_TRUE(adapter::sqlite::PrepareSchema(old, copy_, first).ok());
  }
  EXPECT_FALSE(adapter::OpenSqliteAudit(copy_).ok()) << "rules of another version";
  auto restore = adapter::SqliteRestore::Begin(store_, false);
  ASSERT_TRUE(restore.ok()) << restore.status();
  const absl::Status copied = (*restore)->Copy(copy_, kSilent);
  ASSERT_TRUE(copied.ok()) << copied;
  EXPECT_EQ(Verified((*restore)->copy()), 0u);
  ASSERT_TRUE((*restore)->Finish().ok());
  restore->reset();
  EXPECT_TRUE(adapter::OpenSqliteStore(store_).ok());
}

TEST_F(SqliteBackup, ABackupOfAnotherProgramIsNone) {
  {
    adapter::sqlite::Connection other;
    ASSERT_EQ(other.Open(copy_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ""), SQLITE_OK);
    ASSERT_EQ(other.Exec("CREATE TABLE song (name TEXT)"), SQLITE_OK);
  }
  auto restore = adapter::SqliteRestore::Begin(store_, false);
  ASSERT_TRUE(restore.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition((*restore)->Copy(copy_, kSilent)));
}

}  // namespace
}  // namespace saga::care
