// `sagad verify` on a database: a store as sagad leaves it has no finding, and whatever a hand did
// to its rows is found by name.

#include "orchestrator/adapter/mysql/mysql_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "orchestrator/adapter/mysql/mysql_store.h"
#include "orchestrator/care/verify.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/mariadb.h"

namespace saga::care {
namespace {

using contract::InsertOf;
using testing::Contains;
using testing::IsEmpty;

constexpr base::Time kBirth{1'700'000'000'000'000};

struct Corruption {
  std::string name;
  std::string sql;
};

class MysqlAudit : public testing::Test {
 protected:
  // A little of everything.
  void SetUp() override {
    options_.database = *saga::mysql::ParseUrl(database_.url());
    options_.node_name = "test";
    auto opened = adapter::OpenMysqlStore(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    core::GlobalTransaction ended = contract::SmallSaga("ended");
    ended.status = core::Status::kSucceed;
    ended.finish_time = kBirth;
    for (core::Branch& branch : ended.branches) {
      if (branch.op != core::Op::kAction) continue;
      branch.status = core::BranchStatus::kSucceed;
      branch.called = true;
      branch.attempts = 1;
      branch.finish_time = kBirth;
    }
    core::GlobalTransaction dead = contract::SmallSaga("dead");
    dead.branches[1].called = true;
    dead.branches[1].attempts = 3;
    dead.branches[1].dead = core::DeadReason::kAttemptsUsed;
    dead.branches[1].dead_time = kBirth;
    dead.branches[1].deaths = 1;
    const core::GlobalTransaction open = contract::SmallSaga("open");
    const std::vector<core::HistoryEntry> history = {
        {.time = kBirth, .kind = core::HistoryKind::kRetryRequested},
        {.time = kBirth, .kind = core::HistoryKind::kRetryRequested},
        {.time = kBirth, .kind = core::HistoryKind::kRetryRequested}};
    const std::vector<base::Message> told = {{.topic = "saga.events"}};
    port::Write with_message = InsertOf(open, kBirth, &history);
    with_message.outbox = &told;
    for (const port::WriteResult& result : opened->store->Commit(
             {InsertOf(ended, base::kNever), InsertOf(dead, base::kNever), with_message}))
      ASSERT_EQ(result.kind, port::WriteResult::Kind::kDone) << result.error;
    ASSERT_TRUE(opened->kv->CreateKv("topics", "paid", "[]", kBirth).ok());
    const std::vector<port::JobItem> items = {{.number = 0, .gid = "dead"},
                                              {.number = 1, .gid = "dead"}};
    ASSERT_TRUE(opened->jobs->CreateJob({.token = "7f3a", .create_time = kBirth}, items).ok());
    opened->store->Leave();
  }

  std::set<std::string> Names() {
    std::set<std::string> names;
    auto audit = adapter::OpenMysqlAudit(options_);
    EXPECT_TRUE(audit.ok()) << audit.status();
    if (!audit.ok()) return names;
    verified_ = {};
    told_.clear();
    const absl::Status status = Verify(
        **audit,
        [&](const port::Finding& finding) {
          names.insert(finding.name);
          told_ += finding.name + " " + finding.subject + ": " + finding.text + "\n";
        },
        [](uint64_t, uint64_t) {}, &verified_);
    EXPECT_TRUE(status.ok()) << status;
    return names;
  }

  fixture::Database database_;
  adapter::MysqlOptions options_;
  Verified verified_;
  std::string told_;
};

TEST_F(MysqlAudit, AStoreAsItShouldBeHasNoFinding) {
  EXPECT_THAT(Names(), IsEmpty()) << told_;
  EXPECT_EQ(verified_.transactions, 3u);
  EXPECT_EQ(verified_.jobs, 1u);
  // Also while a node runs on it and holds what is open.
  auto running = adapter::OpenMysqlStore(options_);
  ASSERT_TRUE(running.ok()) << running.status();
  ASSERT_TRUE(running->store->NextDue().ok());
  ASSERT_TRUE(running->store->ClaimDue(kBirth, 10).ok());
  EXPECT_THAT(Names(), IsEmpty()) << told_;
  running->store->Leave();
}

TEST_F(MysqlAudit, WhatDtmWroteIsNotJudged) {
  database_.Run(
      "INSERT INTO trans_global (gid, trans_type, status, query_prepared, protocol) VALUES "
      "('theirs', 'saga', 'failed', '', 'http')");
  EXPECT_THAT(Names(), IsEmpty()) << told_;
  EXPECT_EQ(verified_.transactions, 3u);
}

TEST_F(MysqlAudit, TablesOfAnotherVersionAreNotGuessedAt) {
  database_.Run("UPDATE sagad_meta SET value = '99' WHERE name = 'schema_version'");
  EXPECT_FALSE(adapter::OpenMysqlAudit(options_).ok());
}

TEST_F(MysqlAudit, CorruptionsAreFoundByName) {
  const std::string open = " = (SELECT id FROM trans_global WHERE gid = 'open')";
  const std::string ended = " = (SELECT id FROM trans_global WHERE gid = 'ended')";
  const std::vector<Corruption> corruptions = {
      {"ended_with_wake", "UPDATE sagad_transaction SET next_wake = 5 WHERE id" + ended},
      {"open_without_wake",
       "UPDATE sagad_transaction SET next_wake = NULL, free_wake = NULL WHERE id" + open},
      {"open_without_owner",
       "UPDATE sagad_transaction SET owner = NULL, free_wake = NULL WHERE id" + open},
      {"free_wake", "UPDATE sagad_transaction SET free_wake = NULL WHERE id" + open},
      {"free_wake", "UPDATE sagad_transaction SET owner = 7 WHERE id" + open},
      {"unreadable_record", "UPDATE sagad_transaction SET detail = 'x' WHERE id" + open},
      {"unreadable_record", "UPDATE trans_global SET status = 'lost' WHERE gid = 'open'"},
      {"succeeded_undone_work",
       "UPDATE trans_branch_op SET status = 'prepared' WHERE gid = 'ended' AND op = 'action'"},
      {"history_gap", "DELETE FROM sagad_history WHERE number = 1"},
      {"history_without_beginning", "DELETE FROM sagad_history WHERE number = 0"},
      {"unreadable_history", "UPDATE sagad_history SET entry = 'x' WHERE number = 1"},
      {"history_of_no_transaction",
       "INSERT INTO sagad_history SELECT 999999, number, entry FROM sagad_history"},
      {"branch_of_no_transaction", "DELETE FROM trans_global WHERE gid = 'ended'"},
      {"side_row_of_no_transaction", "DELETE FROM trans_global WHERE gid = 'ended'"},
      {"dead_letter_list", "DELETE FROM sagad_dead_letter"},
      {"dead_letter_of_no_transaction",
       "INSERT INTO sagad_dead_letter SELECT 999999, branch_row, op, target, dead_time FROM "
       "sagad_dead_letter"},
      {"message_without_topic", "UPDATE sagad_outbox SET topic = ''"},
      {"unreadable_headers", "UPDATE sagad_outbox SET headers = 'a=%Z'"},
      {"version_below_one", "UPDATE kv SET version = 0"},
      {"record_without_name", "UPDATE kv SET k = ''"},
      {"job_item_missing", "DELETE FROM sagad_job_item WHERE number = 0"},
      {"job_contradicts_items", "UPDATE sagad_job_item SET state = 3 WHERE number = 0"},
      {"item_of_no_job", "DELETE FROM sagad_job"},
  };
  for (const Corruption& corruption : corruptions) {
    // Each on the store as it was.
    const std::string copy = "CREATE TABLE IF NOT EXISTS kept_";
    const std::vector<std::string> tables = {"trans_global",
                                             "trans_branch_op",
                                             "sagad_transaction",
                                             "sagad_history",
                                             "sagad_dead_letter",
                                             "sagad_outbox",
                                             "kv",
                                             "sagad_job",
                                             "sagad_job_item"};
    for (const std::string& table : tables)
      database_.Run(copy + table + " AS SELECT * FROM " + table);
    database_.Run(corruption.sql);
    EXPECT_THAT(Names(), Contains(corruption.name)) << corruption.sql << "\n" << told_;
    for (const std::string& table : tables)
      database_.Run("DELETE FROM " + table + "; INSERT INTO " + table + " SELECT * FROM kept_" +
                    table);
    ASSERT_THAT(Names(), IsEmpty()) << told_;
  }
}

}  // namespace
}  // namespace saga::care
