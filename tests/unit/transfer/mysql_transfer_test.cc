// Between SQLite and a database, in both directions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/adapter/mysql/mysql_transfer.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/adapter/sqlite/sqlite_transfer.h"
#include "orchestrator/transfer/transfer.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/mariadb.h"
#include "tests/fixture/temp_dir.h"
#include "tests/unit/transfer/filled_store.h"

namespace saga::transfer {
namespace {

using testing::HasSubstr;

constexpr int kTransactions = 150;

const auto kSilent = [](uint64_t, uint64_t) {};

class MysqlTransfer : public testing::Test {
 protected:
  void SetUp() override {
    FillStore(from_, kTransactions, &transactions_, nullptr);
    options_.database = *saga::mysql::ParseUrl(database_.url());
    options_.node_name = "test";
  }

  absl::StatusOr<Transferred> FromSqlite(const std::string& store, const std::string& file) {
    auto reader = adapter::OpenSqliteReader(store);
    if (!reader.ok()) return reader.status();
    return Export(**reader, file, {.store = "sqlite"}, kSilent);
  }
  absl::StatusOr<Transferred> FromMysql(const std::string& file) {
    auto reader = adapter::OpenMysqlReader(options_);
    if (!reader.ok()) return reader.status();
    return Export(**reader, file, {.store = "mysql"}, kSilent);
  }
  absl::StatusOr<Transferred> ToMysql(const std::string& file) {
    auto writer = adapter::OpenMysqlWriter(options_);
    if (!writer.ok()) return writer.status();
    return Import(file, **writer, kSilent);
  }
  absl::StatusOr<Transferred> ToSqlite(const std::string& file, const std::string& store) {
    auto writer = adapter::OpenSqliteWriter(store);
    if (!writer.ok()) return writer.status();
    return Import(file, **writer, kSilent);
  }
  std::string Sql(const std::string& script) { return database_.Run(script); }

  fixture::TempDir dir_;
  fixture::Database database_;
  adapter::MysqlOptions options_;
  const std::string from_ = dir_.File("from.db");
  const std::string file_ = dir_.File("export");
  std::vector<core::GlobalTransaction> transactions_;
};

TEST_F(MysqlTransfer, ThereAndBackAgain) {
  const auto written = FromSqlite(from_, file_);
  ASSERT_TRUE(written.ok()) << written.status();
  const auto moved = ToMysql(file_);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->digest, written->digest);
  {
    auto opened = adapter::OpenMysqlStore(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    for (const core::GlobalTransaction& transaction : transactions_) {
      const auto found = opened->store->Load(transaction.gid);
      ASSERT_TRUE(found.ok()) << found.status();
      ASSERT_EQ(*found, transaction);
    }
    // What is open is this node's for the asking, and so is what has to be published: a node that
    // says where it listens looks at what the others left, as the server does at its start.
    ASSERT_TRUE(opened->announce("127.0.0.1:1").ok());
    const auto due = opened->store->ClaimDue(base::Time{INT64_MAX - 1}, 1000);
    ASSERT_TRUE(due.ok()) << due.status();
    EXPECT_GT(due->size(), 30u);
    const auto outbox = opened->outbox->ReadOutbox(0, 1000);
    ASSERT_TRUE(outbox.ok()) << outbox.status();
    EXPECT_EQ(outbox->size(), written->counts.outbox);
    opened->store->Leave();
  }
  const auto back = FromMysql(dir_.File("back"));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->counts, written->counts);
  EXPECT_EQ(back->digest, written->digest);
  const auto home = ToSqlite(dir_.File("back"), dir_.File("home.db"));
  ASSERT_TRUE(home.ok()) << home.status();
  EXPECT_EQ(home->digest, written->digest);
}

TEST_F(MysqlTransfer, NobodyElseIsThere) {
  ASSERT_TRUE(FromSqlite(from_, file_).ok());
  auto running = adapter::OpenMysqlStore(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  EXPECT_THAT(std::string(FromMysql(dir_.File("x")).status().message()),
              HasSubstr("as node test: stop it first"));
  EXPECT_THAT(std::string(ToMysql(file_).status().message()), HasSubstr("as node test"));
  running->store->Leave();
  *running = {};
  EXPECT_TRUE(ToMysql(file_).ok());
  EXPECT_THAT(std::string(ToMysql(file_).status().message()), HasSubstr("not empty"));
}

TEST_F(MysqlTransfer, AnImportThatFailsLeavesTheDatabaseEmpty) {
  ASSERT_TRUE(FromSqlite(from_, file_).ok());
  {
    auto writer = adapter::OpenMysqlWriter(options_);
    ASSERT_TRUE(writer.ok()) << writer.status();
    port::TransferTransaction one;
    one.stored.transaction = contract::SmallSaga("half");
    one.stored.next_wake = kNow;
    ASSERT_TRUE((*writer)->Put(one).ok());
    ASSERT_TRUE((*writer)->Flush().ok());
    EXPECT_EQ(Sql("SELECT COUNT(*) FROM trans_global"), "1\n");
    const auto refused = adapter::OpenMysqlStore(options_);
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("was not completed"));
  }
  EXPECT_EQ(Sql("SELECT COUNT(*) FROM trans_global"), "0\n");
  EXPECT_EQ(Sql("SELECT COUNT(*) FROM trans_branch_op"), "0\n");
  EXPECT_TRUE(ToMysql(file_).ok());
}

TEST_F(MysqlTransfer, AnImportThatWasKilledIsBegunAnew) {
  ASSERT_TRUE(FromSqlite(from_, file_).ok());
  ASSERT_TRUE(ToMysql(file_).ok());
  // As if it had died before the last step.
  Sql("REPLACE INTO sagad_meta (name, value) VALUES ('import', 'not complete')");
  EXPECT_THAT(std::string(adapter::OpenMysqlStore(options_).status().message()),
              HasSubstr("run `sagad import` again"));
  EXPECT_THAT(std::string(FromMysql(dir_.File("x")).status().message()),
              HasSubstr("was not completed"));
  const auto again = ToMysql(file_);
  ASSERT_TRUE(again.ok()) << again.status();
  const auto opened = adapter::OpenMysqlStore(options_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  opened->store->Leave();
}

TEST_F(MysqlTransfer, WhatTheDatabaseCannotHoldIsNamed) {
  {
    auto opened = adapter::OpenSqliteStore(dir_.File("odd.db"));
    ASSERT_TRUE(opened.ok());
    const core::GlobalTransaction odd = contract::SmallSaga("\xff\xfe odd");
    ASSERT_EQ(opened->store->Commit({contract::InsertOf(odd, kNow)})[0].kind,
              port::WriteResult::Kind::kDone);
  }
  ASSERT_TRUE(FromSqlite(dir_.File("odd.db"), file_).ok());
  const auto refused = ToMysql(file_);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("cannot be stored"));
  EXPECT_EQ(Sql("SELECT COUNT(*) FROM trans_global"), "0\n");
}

}  // namespace
}  // namespace saga::transfer
