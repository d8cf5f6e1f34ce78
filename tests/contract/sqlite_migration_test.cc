// Files that an older sagad wrote: brought forward at start, with everything in them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/temp_dir.h"

namespace saga::adapter {
namespace {

using contract::SmallSaga;
using contract::UpdateOf;
using ::testing::ElementsAre;
using Result = port::WriteResult::Kind;

constexpr base::Time kNow{1'700'000'000'000'000};

// The rows of SmallSaga(gid) as versions 1 and 2 wrote them: a payload that repeats is NULL.
std::string RowsOfSmallSaga(int id, const std::string& gid) {
  std::string sql = absl::StrCat(
      "INSERT INTO global_transaction (id, gid, mode, protocol, status, version, create_time, "
      "update_time, finish_time, next_wake, wait_result, concurrent, delay, limited_retries, "
      "definition_version) VALUES (",
      id, ", '", gid, "', 1, 2, 2, 1, ", kNow.micros, ", ", kNow.micros, ", 0, ", kNow.micros,
      ", 0, 0, 0, 0, 0);");
  const core::GlobalTransaction transaction = SmallSaga(gid);
  for (size_t row = 0; row < transaction.branches.size(); ++row) {
    const core::Branch& branch = transaction.branches[row];
    const std::string payload =
        row % 2 == 1 ? "NULL" : absl::StrCat("CAST('", base::Value(branch.payload), "' AS BLOB)");
    absl::StrAppend(&sql, "INSERT INTO branch VALUES (", id * 4096 + static_cast<int>(row), ", ",
                    static_cast<int>(branch.op), ", 1, 0, 0, 0, 0, 4, 0, 0, '", branch.branch_id,
                    "', '", branch.target, "', NULL, ", payload, ");");
  }
  absl::StrAppend(&sql, "INSERT INTO history VALUES (", id, ", 0, ", kNow.micros,
                  ", 2, 1, 0, 4, NULL, 'as it was', NULL);");
  return sql;
}

class SqliteMigration : public ::testing::TestWithParam<int> {
 protected:
  std::string Path() const { return dir_.File("sagad.db"); }

  // A file of the version under test, closed.
  void MakeOldFile() {
    std::vector<sqlite::Migration> scripts = sqlite::Migrations();
    ASSERT_GT(scripts.size(), static_cast<size_t>(GetParam()));
    scripts.resize(static_cast<size_t>(GetParam()));
    sqlite::Connection connection;
    ASSERT_EQ(connection.Open(Path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ""), SQLITE_OK);
    ASSERT_TRUE(sqlite::PrepareSchema(connection, Path(), scripts).ok());
    std::string rows = "PRAGMA journal_mode = WAL;";
    for (int id = 1; id <= 3; ++id) rows += RowsOfSmallSaga(id, absl::StrCat("order-", id));
    if (GetParam() >= 2)
      rows += "INSERT INTO kv VALUES (7, 'topics', 'paid', 'receivers', 3, 1, 2);";
    ASSERT_EQ(connection.Exec(rows.c_str()), SQLITE_OK) << sqlite3_errmsg(connection.get());
  }

  fixture::TempDir dir_;
};

TEST_P(SqliteMigration, EverythingIsThereAndGoesOn) {
  MakeOldFile();
  for (int start = 0; start < 2; ++start) {
    auto sqlite = OpenSqliteStore(Path());
    ASSERT_TRUE(sqlite.ok()) << sqlite.status();
    for (const std::string gid : {"order-1", "order-2"}) {
      const auto loaded = sqlite->store->Load(gid);
      ASSERT_TRUE(loaded.ok()) << loaded.status();
      EXPECT_EQ(*loaded, SmallSaga(gid));
    }
    const auto history = sqlite->query->History("order-1");
    ASSERT_TRUE(history.ok() && history->size() == 1u);
    EXPECT_EQ(history->front().text, "as it was");
    EXPECT_TRUE(sqlite->dead_letters->ListDead({}, kNow, 0, 10)->empty());
    EXPECT_EQ(sqlite->outbox->CountOutbox()->waiting, start == 0 ? 0u : 1u);
    EXPECT_TRUE(sqlite->jobs->ListJobs(10)->empty());
    EXPECT_EQ(sqlite->kv->FindKv("topics", "paid").ok(), GetParam() >= 2);

    // The new things work on the old rows.
    core::GlobalTransaction changed = *sqlite->store->Load("order-3");
    changed.version += 1;
    changed.branches[1].dead = core::DeadReason::kAttemptsUsed;
    changed.branches[1].dead_time = kNow;
    changed.branches[1].deaths = 1;
    changed.branches[2].payload = base::MakeBytes(absl::StrCat("edited ", start));
    changed.update_time = kNow;
    const std::vector<uint32_t> rows = {1, 2};
    const std::vector<base::Message> messages = {{.topic = "saga.dlq", .key = "order-3"}};
    port::Write write = UpdateOf(changed, kNow, &rows);
    write.payloads_changed = true;
    write.outbox = &messages;
    const auto results = sqlite->store->Commit({write});
    ASSERT_EQ(results[0].kind, Result::kDone) << results[0].error;
    EXPECT_EQ(*sqlite->store->Load("order-3"), changed);
    const auto dead = sqlite->dead_letters->ListDead({}, kNow, 0, 10);
    ASSERT_TRUE(dead.ok() && dead->size() == 1u);
    EXPECT_EQ(dead->front().branch, changed.branches[1]);
    // Only the second start finds something to leave behind.
    changed.version += 1;
    changed.branches[1] = SmallSaga("order-3").branches[1];
    ASSERT_EQ(sqlite->store->Commit({UpdateOf(changed, kNow, &rows)})[0].kind, Result::kDone);
    EXPECT_EQ(*sqlite->store->Load("order-3"), changed);
    EXPECT_TRUE(sqlite->dead_letters->ListDead({}, kNow, 0, 10)->empty());
  }
}

TEST_P(SqliteMigration, TheViewsKnowTheWords) {
  MakeOldFile();
  {
    auto sqlite = OpenSqliteStore(Path());
    ASSERT_TRUE(sqlite.ok()) << sqlite.status();
    core::GlobalTransaction changed = *sqlite->store->Load("order-1");
    changed.version += 1;
    changed.branches[0].dead = core::DeadReason::kUnknownMethod;
    changed.branches[0].dead_time = kNow;
    changed.branches[0].deaths = 2;
    const std::vector<uint32_t> rows = {0};
    std::vector<core::HistoryEntry> history(6);
    for (size_t i = 0; i < history.size(); ++i)
      history[i].kind = static_cast<core::HistoryKind>(10 + i);
    ASSERT_EQ(sqlite->store->Commit({UpdateOf(changed, kNow, &rows, &history)})[0].kind,
              Result::kDone);
    ASSERT_TRUE(sqlite->jobs->CreateJob({.token = "t1"}, {{.number = 0, .gid = "order-1"}}).ok());
    ASSERT_TRUE(
        sqlite->outbox->Park({.park_time = kNow, .reason = "odd"}, {.topic = "saga.dlq"}).ok());
  }
  sqlite::Connection connection;
  ASSERT_EQ(connection.Open(Path(), SQLITE_OPEN_READONLY, ""), SQLITE_OK);
  const auto text = [&](const char* sql) {
    std::string value;
    EXPECT_EQ(connection.ReadText(sql, &value), SQLITE_OK) << sqlite3_errmsg(connection.get());
    return value;
  };
  EXPECT_EQ(text("SELECT group_concat(kind, ',') FROM history_view WHERE gid = 'order-1'"),
            "submitted,dead,replayed,edited,resolved,discarded,fallback");
  EXPECT_EQ(text("SELECT gid || ' ' || branch_id || ' ' || op || ' ' || reason || ' ' || dead_time "
                 "|| ' ' || death || ' ' || payload FROM dead_letter_view"),
            "order-1 01 compensate unknown_method 2023-11-14T22:13:20.000Z 2 amount of step 01");
  EXPECT_EQ(text("SELECT group_concat(coalesce(dead, '-'), ',') FROM branch_view WHERE gid = "
                 "'order-1'"),
            "unknown_method,-,-,-");
  EXPECT_EQ(text("SELECT token || ' ' || state || ' ' || pending || ' ' || done FROM job_view"),
            "t1 selected 1 0");
  EXPECT_EQ(text("SELECT gid || ' ' || op || ' ' || state FROM job_item_view"),
            "order-1 action pending");
  EXPECT_EQ(text("SELECT topic || ' ' || create_time FROM outbox_view"),
            "saga.dlq 2023-11-14T22:13:20.000Z");
  EXPECT_EQ(text("SELECT reason FROM parked_message_view"), "odd");
}

INSTANTIATE_TEST_SUITE_P(FromVersion, SqliteMigration, ::testing::Values(1, 2),
                         [](const auto& info) { return absl::StrCat("V", info.param); });

}  // namespace
}  // namespace saga::adapter
