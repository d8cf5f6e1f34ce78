// `sagad verify` on SQLite: a store as sagad leaves it has no finding, and whatever a hand did to
// its rows is found by name.

#include "orchestrator/adapter/sqlite/sqlite_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "orchestrator/care/verify.h"
#include "orchestrator/core/limits.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/temp_dir.h"

namespace saga::care {
namespace {

using contract::InsertOf;
using core::BranchStatus;
using core::HistoryKind;
using core::Op;
using core::Status;
using testing::Contains;
using testing::IsEmpty;

constexpr base::Time kBirth{1'700'000'000'000'000};
constexpr base::Time kEnd{1'700'000'001'000'000};

void Settle(core::Branch* branch, BranchStatus status) {
  branch->status = status;
  branch->called = true;
  branch->attempts = 1;
  branch->finish_time = kEnd;
}

core::GlobalTransaction Ended(const std::string& gid, Status status) {
  core::GlobalTransaction t = contract::SmallSaga(gid);
  t.status = status;
  t.finish_time = kEnd;
  for (core::Branch& branch : t.branches) {
    if (branch.op == Op::kAction || status == Status::kFailed)
      Settle(&branch, BranchStatus::kSucceed);
  }
  if (status == Status::kFailed) t.rollback_reason = "no stock";
  return t;
}

core::GlobalTransaction Dead(const std::string& gid) {
  core::GlobalTransaction t = contract::SmallSaga(gid);
  core::Branch& action = t.branches[1];
  action.called = true;
  action.attempts = 20;
  action.dead = core::DeadReason::kAttemptsUsed;
  action.dead_time = kEnd;
  action.deaths = 1;
  action.retry.interval = base::Seconds(1);
  t.options.retry_interval_s = 3;
  return t;
}

class SqliteAudit : public testing::Test {
 protected:
  // A little of everything.
  void SetUp() override {
    auto opened = adapter::OpenSqliteStore(path_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    port::TransactionStore& store = *opened->store;
    const std::vector<core::HistoryEntry> undone = {
        {.time = kBirth, .kind = HistoryKind::kAnswered, .branch_id = "02"},
        {.time = kEnd, .kind = HistoryKind::kAborting, .text = "no stock"},
        {.time = kEnd, .kind = HistoryKind::kRetryRequested}};
    const std::vector<base::Message> told = {{.topic = "saga.events", .headers = {{"a", "b"}}}};
    const core::GlobalTransaction succeeded = Ended("succeeded", Status::kSucceed);
    const core::GlobalTransaction failed = Ended("failed", Status::kFailed);
    const core::GlobalTransaction dead = Dead("dead");
    const core::GlobalTransaction open = contract::SmallSaga("open");
    port::Write with_message = InsertOf(succeeded, base::kNever);
    with_message.outbox = &told;
    const auto results = store.Commit({with_message, InsertOf(failed, base::kNever, &undone),
                                       InsertOf(dead, base::kNever), InsertOf(open, kBirth)});
    for (const port::WriteResult& result : results)
      ASSERT_EQ(result.kind, port::WriteResult::Kind::kDone) << result.error;
    ASSERT_TRUE(opened->kv->CreateKv("topics", "paid", "[]", kBirth).ok());
    ASSERT_TRUE(
        opened->outbox
            ->Park({.park_time = kBirth, .reason = "nonsense", .message = {.topic = "t"}}, {})
            .ok());
    const std::vector<port::JobItem> items = {{.number = 0, .gid = "dead", .branch_id = "01"},
                                              {.number = 1, .gid = "dead", .branch_id = "02"}};
    ASSERT_TRUE(opened->jobs->CreateJob({.token = "7f3a", .create_time = kBirth}, items).ok());
  }

  std::vector<port::Finding> Findings(absl::Status* end = nullptr) {
    std::vector<port::Finding> found;
    auto audit = adapter::OpenSqliteAudit(path_);
    EXPECT_TRUE(audit.ok()) << audit.status();
    if (!audit.ok()) return found;
    verified_ = {};
    const absl::Status status = Verify(
        **audit, [&](const port::Finding& finding) { found.push_back(finding); },
        [](uint64_t, uint64_t) {}, &verified_);
    if (end != nullptr) {
      *end = status;
    } else {
      EXPECT_TRUE(status.ok()) << status;
    }
    return found;
  }
  std::set<std::string> Names() {
    std::set<std::string> names;
    for (const port::Finding& finding : Findings()) names.insert(finding.name);
    return names;
  }

  // As a hand in the sqlite3 shell.
  void Run(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK)
        << sql << ": " << (error == nullptr ? "" : error);
    sqlite3_free(error);
    sqlite3_close(db);
  }

  fixture::TempDir dir_;
  const std::string path_ = dir_.File("sagad.db");
  Verified verified_;
};

TEST_F(SqliteAudit, AStoreAsItShouldBeHasNoFinding) {
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(verified_.transactions, 4u);
  EXPECT_EQ(verified_.jobs, 1u);
  EXPECT_EQ(SummaryOf(verified_), "checked 4 transactions and 1 job: no findings");
}

TEST_F(SqliteAudit, LooksBesideARunningStore) {
  auto opened = adapter::OpenSqliteStore(path_);
  ASSERT_TRUE(opened.ok());
  const core::GlobalTransaction more = contract::SmallSaga("more");
  ASSERT_EQ(opened->store->Commit({InsertOf(more, kBirth)})[0].kind,
            port::WriteResult::Kind::kDone);
  EXPECT_THAT(Findings(), IsEmpty());
  EXPECT_EQ(verified_.transactions, 5u) << "what was committed last is seen";
}

TEST_F(SqliteAudit, AFindingSaysWhose) {
  Run("UPDATE global_transaction SET next_wake = 5 WHERE gid = 'succeeded'");
  const std::vector<port::Finding> found = Findings();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].subject, "succeeded");
  EXPECT_EQ(found[0].text, "it is succeed and is to be woken");
  EXPECT_EQ(SummaryOf(verified_),
            "checked 4 transactions and 1 job: 1 finding (1 ended_with_wake)");
}

TEST_F(SqliteAudit, NotAStore) {
  fixture::WriteFile(path_, "nothing of the kind, and long enough to be looked at");
  EXPECT_TRUE(absl::IsDataLoss(adapter::OpenSqliteAudit(path_).status()));
  EXPECT_FALSE(adapter::OpenSqliteAudit(dir_.File("nothing.db")).ok());
}

TEST_F(SqliteAudit, AnOldSchemaIsNotGuessedAt) {
  Run("UPDATE meta SET value = '2' WHERE name = 'schema_version'");
  const auto audit = adapter::OpenSqliteAudit(path_);
  EXPECT_TRUE(absl::IsFailedPrecondition(audit.status())) << audit.status();
}

TEST_F(SqliteAudit, DamageIsTold) {
  int page = 0;
  {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    sqlite3_exec(
        db, "SELECT rootpage FROM sqlite_schema WHERE name = 'branch'",
        [](void* out, int, char** values, char**) {
          *static_cast<int*>(out) = std::stoi(values[0]);
          return 0;
        },
        &page, nullptr);
    sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr);
    sqlite3_close(db);
  }
  ASSERT_GT(page, 1);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * 4096);
  file << std::string(2048, '\xa5');
  file.close();
  absl::Status end;
  std::set<std::string> names;
  for (const port::Finding& finding : Findings(&end)) names.insert(finding.name);
  EXPECT_THAT(names, Contains("file_damaged"));
}

struct Corruption {
  std::string name;
  std::string sql;
};

class Corruptions : public SqliteAudit, public testing::WithParamInterface<Corruption> {};

TEST_P(Corruptions, AreFoundByName) {
  Run(GetParam().sql);
  EXPECT_THAT(Names(), Contains(GetParam().name)) << GetParam().sql;
  EXPECT_LE(Names().size(), 2u) << "one change is not a flood of names";
}

std::vector<Corruption> OfRecords() {
  const std::string succeeded = " WHERE gid = 'succeeded'";
  const std::string open = " WHERE gid = 'open'";
  const std::string id = "(SELECT id FROM global_transaction";
  return {
      {"ended_with_wake", "UPDATE global_transaction SET next_wake = 5" + succeeded},
      {"open_without_wake", "UPDATE global_transaction SET next_wake = NULL" + open},
      {"end_without_time", "UPDATE global_transaction SET finish_time = 0" + succeeded},
      {"end_time_of_open", "UPDATE global_transaction SET finish_time = 7" + open},
      {"version_below_one", "UPDATE global_transaction SET version = 0" + open},
      {"version_below_one", "UPDATE global_transaction SET version = -3" + open},
      {"unknown_value", "UPDATE global_transaction SET mode = 257" + open},
      {"unknown_value", "UPDATE global_transaction SET status = 0" + open},
      {"value_of_wrong_type", "UPDATE global_transaction SET create_time = 'soon'" + open},
      {"value_out_of_range", "UPDATE global_transaction SET wait_result = 2" + open},
      {"unreadable_options", "UPDATE global_transaction SET options = 'retry_limit=many'" + open},
      {"unreadable_order_graph", "UPDATE global_transaction SET predecessors = 'x;'" + open},
      {"order_graph", "UPDATE global_transaction SET predecessors = '1;0;'" + open},
      {"succeeded_undone_work",
       "UPDATE branch SET status = 1, finish_time = 0 WHERE key = 1 + 4096 * " + id + succeeded +
           ")"},
      {"failed_not_undone", "UPDATE branch SET status = 1, finish_time = 0 WHERE key = 4096 * " +
                                id + " WHERE gid = 'failed')"},
      {"branch_row_missing", "DELETE FROM branch WHERE key = 1 + 4096 * " + id + open + ")"},
      {"rows_out_of_order", "UPDATE branch SET op = 3 - op WHERE key / 4096 = " + id + open + ")"},
      {"duplicate_branch_op",
       "INSERT INTO branch SELECT key + 2, op, status, called, attempts, unknown_streak, answered, "
       "last_outcome, next_attempt, finish_time, branch_id, target, last_error, payload, retry, "
       "trouble FROM branch WHERE key BETWEEN 2 + 4096 * " +
           id + open + ") AND 3 + 4096 * " + id + open + ")"},
      {"unreadable_retry",
       "UPDATE branch SET retry = 'interval_us=soon' WHERE key = 4096 * " + id + open + ")"},
      {"payload_chain", "UPDATE branch SET payload = NULL WHERE key = 4096 * " + id + open + ")"},
      {"branch_of_no_transaction", "DELETE FROM global_transaction" + open},
      {"branch_of_no_transaction",
       "INSERT INTO branch SELECT 4096 * 999, op, status, called, attempts, unknown_streak, "
       "answered, last_outcome, next_attempt, finish_time, branch_id, target, last_error, payload, "
       "retry, trouble FROM branch LIMIT 1"},
      {"trouble_missing", "DELETE FROM branch_trouble"},
      {"trouble_unmarked", "UPDATE branch SET trouble = NULL"},
      {"trouble_of_no_row", "INSERT INTO branch_trouble VALUES (4096 * 999, 0, 0, 0, 0, 0, 1)"},
      {"dead_letter_of_ended", "UPDATE branch SET trouble = 1 WHERE key = 4096 * " + id +
                                   succeeded + "); INSERT INTO branch_trouble VALUES (4096 * " +
                                   id + succeeded + "), 0, 1, 1, 3, 5, 1)"},
      {"history_gap", "DELETE FROM history WHERE number = 1"},
      {"history_without_beginning", "DELETE FROM history WHERE number = 0"},
      {"end_untold", "DELETE FROM history"},
      {"unknown_value", "UPDATE history SET kind = 44 WHERE number = 2"},
      {"history_of_no_transaction",
       "INSERT INTO history SELECT 999, number, time, kind, op, attempt, outcome, branch_id, text, "
       "actor FROM history"},
      {"history_of_no_row", "UPDATE history SET branch_id = '44' WHERE number = 0"},
  };
}

std::vector<Corruption> OfTables() {
  return {
      {"unreadable_headers", "UPDATE outbox SET headers = 'a=%Z'"},
      {"message_without_topic", "UPDATE outbox SET topic = ''"},
      {"unreadable_headers", "UPDATE parked_message SET headers = 'no sign'"},
      {"sequence_behind", "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'outbox'"},
      {"version_below_one", "UPDATE kv SET version = 0"},
      {"record_without_name", "UPDATE kv SET key = ''"},
      {"job_item_missing", "DELETE FROM job_item WHERE number = 0"},
      {"job_contradicts_items", "UPDATE job_item SET state = 3 WHERE number = 0"},
      {"job_times", "UPDATE job SET state = 2"},
      {"unknown_value", "UPDATE job_item SET state = 9 WHERE number = 1"},
      {"item_of_no_job", "DELETE FROM job"},
      {"schema_object", "DROP VIEW job_view"},
      {"schema_object", "CREATE INDEX mine ON global_transaction (status)"},
      {"schema_object", "DROP INDEX open_transaction"},
  };
}

std::string CaseName(const testing::TestParamInfo<Corruption>& info) {
  return info.param.name + "_" + std::to_string(info.index);
}
INSTANTIATE_TEST_SUITE_P(Records, Corruptions, testing::ValuesIn(OfRecords()), CaseName);
INSTANTIATE_TEST_SUITE_P(Tables, Corruptions, testing::ValuesIn(OfTables()), CaseName);

}  // namespace
}  // namespace saga::care
