// A process that is killed around and inside its commits, at many of them: what it acknowledged is
// there, no batch is half there, its messages are in the outbox exactly when it is there, and the
// file is healthy.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/decorator/crash_point_store.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/temp_dir.h"

namespace saga::adapter {
namespace {

using contract::InsertOf;
using contract::SmallSaga;
using contract::UpdateOf;
using Result = port::WriteResult::Kind;

constexpr base::Time kNow{1'700'000'000'000'000};
constexpr uint32_t kInserts = 3;  // of each batch; and an update of each insert of the batch before
const std::vector<uint32_t> kActions = {1, 3};

std::string Gid(uint32_t batch, uint32_t i) { return absl::StrCat("batch-", batch, "-", i); }

// What a write puts into the outbox.
std::vector<base::Message> MessagesOf(const core::GlobalTransaction& transaction) {
  const base::Message message{.topic = "events",
                              .key = transaction.gid,
                              .headers = {{"version", absl::StrCat(transaction.version)}}};
  return std::vector<base::Message>(transaction.version, message);
}

core::GlobalTransaction Inserted(uint32_t batch, uint32_t i) {
  core::GlobalTransaction transaction = SmallSaga(Gid(batch, i));
  // From time to time one that needs many pages, so that commits differ in shape.
  if (i == 0 && batch % 5 == 0)
    transaction.branches[1].payload = base::MakeBytes(std::string(50'000, 'p'));
  return transaction;
}

core::GlobalTransaction Updated(uint32_t batch, uint32_t i) {
  core::GlobalTransaction transaction = Inserted(batch, i);
  transaction.version = 2;
  transaction.status = core::Status::kSucceed;
  for (const uint32_t row : kActions) {
    transaction.branches[row].status = core::BranchStatus::kSucceed;
    transaction.branches[row].attempts = 1;
  }
  return transaction;
}

// Runs in the child: commits batches, reports the number of each acknowledged one, dies at the
// crash point.
[[noreturn]] void WriteBatches(const std::string& path, const CrashPoint& point, uint32_t first,
                               int report, int64_t checkpoint_pages) {
  auto opened = OpenSqliteStore(
      path, {.checkpoint_pages = checkpoint_pages, .before_commit = InsideCommitHook(point)});
  if (!opened.ok()) _exit(2);
  CrashPointStore store(std::move(opened->store), point);
  for (uint32_t batch = first;; ++batch) {
    std::vector<core::GlobalTransaction> transactions;
    for (uint32_t i = 0; i < kInserts; ++i) {
      transactions.push_back(Inserted(batch, i));
      if (batch > first) transactions.push_back(Updated(batch - 1, i));
    }
    std::vector<std::vector<base::Message>> messages;
    for (const core::GlobalTransaction& transaction : transactions)
      messages.push_back(MessagesOf(transaction));
    std::vector<port::Write> writes;
    for (size_t i = 0; i < transactions.size(); ++i) {
      const core::GlobalTransaction& transaction = transactions[i];
      writes.push_back(transaction.version == 1 ? InsertOf(transaction, kNow)
                                                : UpdateOf(transaction, base::kNever, &kActions));
      writes.back().outbox = &messages[i];
    }
    for (const port::WriteResult& result : store.Commit(writes)) {
      if (result.kind != Result::kDone) _exit(3);
    }
    if (write(report, &batch, sizeof(batch)) != sizeof(batch)) _exit(4);
  }
}

// The last batch that was acknowledged before the kill, or first - 1.
uint32_t RunUntilKilled(const std::string& path, const CrashPoint& point, uint32_t first) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    WriteBatches(path, point, first, ends[1], SqliteOptions().checkpoint_pages);
  }
  close(ends[1]);
  uint32_t acknowledged = first - 1;
  uint32_t batch = 0;
  while (read(ends[0], &batch, sizeof(batch)) == sizeof(batch)) acknowledged = batch;
  close(ends[0]);
  int state = 0;
  waitpid(child, &state, 0);
  EXPECT_TRUE(WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL) << "exit " << WEXITSTATUS(state);
  return acknowledged;
}

std::string IntegrityOf(const std::string& path) {
  sqlite3* db = nullptr;
  sqlite3_stmt* check = nullptr;
  std::string text = "cannot be checked";
  if (sqlite3_open(path.c_str(), &db) == SQLITE_OK &&
      sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, nullptr) == SQLITE_OK &&
      sqlite3_step(check) == SQLITE_ROW) {
    text = reinterpret_cast<const char*>(sqlite3_column_text(check, 0));
  }
  sqlite3_finalize(check);
  sqlite3_close(db);
  return text;
}

// Whether batch `batch` (with its updates of the one before) is there as a whole; fails the test
// when it is half there.
bool IsThere(port::TransactionStore& store, uint32_t batch, uint32_t first) {
  uint32_t there = 0;
  for (uint32_t i = 0; i < kInserts; ++i) there += store.Load(Gid(batch, i)).ok() ? 1 : 0;
  EXPECT_TRUE(there == 0 || there == kInserts) << "batch " << batch << " is half there";
  if (batch == first) return there == kInserts;
  for (uint32_t i = 0; i < kInserts; ++i) {
    const auto before = store.Load(Gid(batch - 1, i));
    if (!before.ok()) continue;
    EXPECT_EQ(*before, there == kInserts ? Updated(batch - 1, i) : Inserted(batch - 1, i))
        << "batch " << batch;
  }
  return there == kInserts;
}

// Expects the messages of the batches from `first` to before `end` in the outbox, all of them and
// no others, and takes them out. `*last_id` is the highest id that any message ever had.
void TakeMessages(port::OutboxStore& outbox, uint32_t first, uint32_t end, uint64_t* last_id) {
  std::vector<base::Message> expected;
  const auto expect = [&](const core::GlobalTransaction& transaction) {
    for (const base::Message& message : MessagesOf(transaction)) expected.push_back(message);
  };
  for (uint32_t batch = first; batch < end; ++batch) {
    for (uint32_t i = 0; i < kInserts; ++i) {
      expect(Inserted(batch, i));
      if (batch > first) expect(Updated(batch - 1, i));
    }
  }
  const auto records = outbox.ReadOutbox(0, SIZE_MAX);
  ASSERT_TRUE(records.ok()) << records.status();
  std::vector<base::Message> found;
  std::vector<uint64_t> ids;
  for (const port::OutboxRecord& record : *records) {
    EXPECT_GT(record.id, *last_id);
    *last_id = record.id;
    found.push_back(record.message);
    ids.push_back(record.id);
  }
  EXPECT_TRUE(found == expected) << found.size() << " instead of " << expected.size();
  EXPECT_TRUE(outbox.RemoveOutbox(ids).ok());
}

// Kills one process after the other on the same file, each `step` commits later in its life, and
// looks after each.
void CrashAgainAndAgain(CrashPoint::Where where, uint32_t kills, uint32_t step) {
  const fixture::TempDir dir;
  const std::string path = dir.File("sagad.db");
  uint32_t first = 1;
  uint64_t last_id = 0;
  for (uint32_t n = 1; n <= kills; ++n) {
    SCOPED_TRACE(absl::StrCat("kill ", n));
    const CrashPoint point{.where = where, .commit = 1 + (n - 1) * step};
    const uint32_t acknowledged = RunUntilKilled(path, point, first);
    EXPECT_EQ(acknowledged, first + point.commit - 2);

    auto opened = OpenSqliteStore(path);
    ASSERT_TRUE(opened.ok()) << opened.status();
    for (uint32_t batch = first; batch <= acknowledged; ++batch) {
      ASSERT_TRUE(IsThere(*opened->store, batch, first))
          << "acknowledged batch " << batch << " is lost";
      if (::testing::Test::HasFailure()) return;
    }
    // The one that was being written: there when it was durable, and only then.
    const bool last = IsThere(*opened->store, acknowledged + 1, first);
    EXPECT_EQ(last, where == CrashPoint::Where::kAfter);
    EXPECT_TRUE(absl::IsNotFound(opened->store->Load(Gid(acknowledged + 2, 0)).status()));
    TakeMessages(*opened->outbox, first, acknowledged + (last ? 2 : 1), &last_id);
    *opened = {};
    EXPECT_EQ(IntegrityOf(path), "ok");
    first = acknowledged + 3;
  }
}

TEST(SqliteCrash, BeforeACommit) { CrashAgainAndAgain(CrashPoint::Where::kBefore, 12, 7); }
TEST(SqliteCrash, InsideACommit) { CrashAgainAndAgain(CrashPoint::Where::kInside, 12, 7); }
TEST(SqliteCrash, AfterACommit) { CrashAgainAndAgain(CrashPoint::Where::kAfter, 12, 7); }

// Killed at moments that nobody chose: also inside the sync, the checkpoint and the log's restart.
TEST(SqliteCrash, AtAnyMoment) {
  const fixture::TempDir dir;
  const std::string path = dir.File("sagad.db");
  contract::Random random(14);
  uint32_t first = 1;
  uint64_t last_id = 0;
  for (int kill_number = 0; kill_number < 12; ++kill_number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      WriteBatches(path, {.commit = UINT64_MAX}, first, ends[1], 30);
    }
    close(ends[1]);
    // After some acknowledged batches, wherever the child is by then.
    const uint32_t until = first + static_cast<uint32_t>(random() % 60);
    uint32_t acknowledged = first - 1;
    uint32_t batch = 0;
    while (acknowledged < until && read(ends[0], &batch, sizeof(batch)) == sizeof(batch))
      acknowledged = batch;
    kill(child, SIGKILL);
    while (read(ends[0], &batch, sizeof(batch)) == sizeof(batch)) acknowledged = batch;
    close(ends[0]);
    int state = 0;
    waitpid(child, &state, 0);
    ASSERT_TRUE(WIFSIGNALED(state)) << "exit " << WEXITSTATUS(state);

    auto opened = OpenSqliteStore(path);
    ASSERT_TRUE(opened.ok()) << opened.status();
    uint32_t next = first;
    while (IsThere(*opened->store, next, first)) ++next;
    EXPECT_GT(next, acknowledged);
    EXPECT_LE(next, acknowledged + 2);
    TakeMessages(*opened->outbox, first, next, &last_id);
    *opened = {};
    EXPECT_EQ(IntegrityOf(path), "ok");
    first = next + 1;
  }
}

TEST(CrashPoint, ParsesItsText) {
  const auto point = ParseCrashPoint("inside:17");
  ASSERT_TRUE(point.ok());
  EXPECT_EQ(point->where, CrashPoint::Where::kInside);
  EXPECT_EQ(point->commit, 17u);
  EXPECT_EQ(ParseCrashPoint("before:1")->where, CrashPoint::Where::kBefore);
  EXPECT_EQ(ParseCrashPoint("after:3")->where, CrashPoint::Where::kAfter);
  for (const char* wrong :
       {"", "before", "before:", "before:0", "before:-1", "before:x", "during:1", "inside 1"}) {
    EXPECT_EQ(ParseCrashPoint(wrong).status().code(), absl::StatusCode::kInvalidArgument) << wrong;
  }
}

}  // namespace
}  // namespace saga::adapter
