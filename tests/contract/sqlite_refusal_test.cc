// What the SQLite store does when it may not, cannot, or must not: refuse with a text that says
// what to do, and lose nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/sqlite/sqlite_store.h"
#include "tests/contract/broken_disk.h"
#include "tests/contract/random_record.h"
#include "tests/fixture/temp_dir.h"

namespace saga::adapter {
namespace {

using contract::BrokenDisk;
using contract::InsertOf;
using contract::SmallSaga;
using contract::UpdateOf;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Result = port::WriteResult::Kind;

constexpr base::Time kNow{1'700'000'000'000'000};

class SqliteRefusal : public ::testing::Test {
 protected:
  ~SqliteRefusal() override { BrokenDisk::Mend(); }

  std::string Path() const { return dir_.File("sagad.db"); }
  absl::StatusOr<SqliteStore> Open(const SqliteOptions& options = {}) {
    return OpenSqliteStore(Path(), options);
  }
  SqliteStore MustOpen(const SqliteOptions& options = {}) {
    auto opened = Open(options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  // The text of the refusal.
  std::string Refusal() { return std::string(Open().status().message()); }

  void Sql(const std::string& statements) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(Path().c_str(), &db), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(db, statements.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_free(error);
    sqlite3_close(db);
  }

  static port::WriteResult Put(SqliteStore& sqlite, const core::GlobalTransaction& transaction) {
    return sqlite.store->Commit({InsertOf(transaction, kNow)})[0];
  }

  // What `act` returns when it runs in another process, as a user without rights when `plain_user`.
  static std::string InAnotherProcess(bool plain_user, const std::function<std::string()>& act) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      if (plain_user && getuid() == 0 && setuid(65534) != 0) _exit(1);
      const std::string text = act();
      (void)!write(ends[1], text.data(), text.size());
      _exit(0);
    }
    close(ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t size = 0; (size = read(ends[0], buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<size_t>(size));
    }
    close(ends[0]);
    int state = 0;
    waitpid(child, &state, 0);
    EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    return text;
  }

  fixture::TempDir dir_;
};

TEST_F(SqliteRefusal, ASecondSagadIsToldWhoTheFirstIs) {
  SqliteStore first = MustOpen();
  const std::string expected = absl::StrCat(Path(), " is in use by another sagad (pid ", getpid(),
                                            "). Stop it or choose another --data-dir.");
  EXPECT_EQ(Refusal(), expected);
  EXPECT_EQ(InAnotherProcess(false, [this] { return Refusal(); }), expected);
  // The first is not disturbed, and when it is gone the next may have the store.
  EXPECT_EQ(Put(first, SmallSaga("order-1")).kind, Result::kDone);
  first = {};
  SqliteStore second = MustOpen();
  EXPECT_TRUE(second.store->Load("order-1").ok());
}

TEST_F(SqliteRefusal, AMissingDirectory) {
  const auto opened = OpenSqliteStore(dir_.File("nowhere/sagad.db"));
  EXPECT_THAT(std::string(opened.status().message()),
              AllOf(HasSubstr("nowhere/sagad.db.lock cannot be written"),
                    HasSubstr("No such file or directory"), HasSubstr("--data-dir")));
}

TEST_F(SqliteRefusal, AReadOnlyDirectory) {
  ASSERT_EQ(chmod(dir_.path().c_str(), 0555), 0);
  EXPECT_THAT(InAnotherProcess(true, [this] { return Refusal(); }),
              AllOf(HasSubstr("sagad.db.lock cannot be written"), HasSubstr("Permission denied")));
  ASSERT_EQ(chmod(dir_.path().c_str(), 0755), 0);
}

TEST_F(SqliteRefusal, AReadOnlyFile) {
  { SqliteStore made = MustOpen(); }
  ASSERT_EQ(chmod(dir_.path().c_str(), 0777), 0);
  ASSERT_EQ(chmod((Path() + ".lock").c_str(), 0666), 0);
  ASSERT_EQ(chmod(Path().c_str(), 0444), 0);
  EXPECT_THAT(InAnotherProcess(true, [this] { return Refusal(); }),
              AllOf(HasSubstr(Path() + " cannot be written"), HasSubstr("the right to write")));
}

TEST_F(SqliteRefusal, ADatabaseOfAnotherProgram) {
  Sql("CREATE TABLE wallets (id INTEGER PRIMARY KEY); INSERT INTO wallets VALUES (1)");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("database of another program"), HasSubstr("--data-dir")));
  Sql("INSERT INTO wallets VALUES (2)");
}

TEST_F(SqliteRefusal, AFileThatIsNoDatabase) {
  const std::string letter(10000, 'x');
  fixture::WriteFile(Path(), letter);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("is not a sagad store"), HasSubstr("--data-dir")));
  EXPECT_EQ(fixture::ReadFile(Path()), letter);
}

TEST_F(SqliteRefusal, AnEmptyFileBecomesAStore) {
  fixture::WriteFile(Path(), "");
  SqliteStore made = MustOpen();
  EXPECT_EQ(Put(made, SmallSaga("order-1")).kind, Result::kDone);
}

TEST_F(SqliteRefusal, ANewerSchema) {
  { SqliteStore made = MustOpen(); }
  Sql("UPDATE meta SET value = '999' WHERE name = 'schema_version'");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("has schema version 999; this sagad knows versions up to"),
                               HasSubstr("Start the newer sagad")));
  Sql("UPDATE meta SET value = 'seven' WHERE name = 'schema_version'");
  EXPECT_THAT(Refusal(), HasSubstr("no readable schema version"));
}

TEST_F(SqliteRefusal, AStoreOfAnotherKind) {
  { SqliteStore made = MustOpen(); }
  Sql("UPDATE meta SET value = 'other' WHERE name = 'store_kind'");
  EXPECT_THAT(Refusal(), HasSubstr("was written with the store \"other\""));
}

TEST_F(SqliteRefusal, AnOlderSchemaIsBroughtForwardOnce) {
  { SqliteStore made = MustOpen(); }
  std::vector<sqlite::Migration> scripts = sqlite::Migrations();
  const int newest = scripts.back().version;
  scripts.push_back({newest + 1, "CREATE TABLE added (x); INSERT INTO added VALUES (1)"});
  scripts.push_back({newest + 2, "INSERT INTO added VALUES (2)"});
  sqlite::Connection connection;
  ASSERT_EQ(connection.Open(Path(), SQLITE_OPEN_READWRITE, ""), SQLITE_OK);
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(sqlite::PrepareSchema(connection, Path(), scripts).ok());
    int64_t rows = 0;
    ASSERT_EQ(connection.ReadNumber("SELECT count(*) FROM added", &rows), SQLITE_OK);
    EXPECT_EQ(rows, 2);
  }
  // A script that fails leaves the store as it was.
  scripts.push_back({newest + 3, "INSERT INTO added VALUES (3); INSERT INTO nonsense VALUES (1)"});
  EXPECT_FALSE(sqlite::PrepareSchema(connection, Path(), scripts).ok());
  int64_t rows = 0;
  ASSERT_EQ(connection.ReadNumber("SELECT count(*) FROM added", &rows), SQLITE_OK);
  EXPECT_EQ(rows, 2);
  std::string version;
  ASSERT_EQ(connection.ReadText("SELECT value FROM meta WHERE name = 'schema_version'", &version),
            SQLITE_OK);
  EXPECT_EQ(version, absl::StrCat(newest + 2));
}

TEST_F(SqliteRefusal, ADamagedFile) {
  {
    SqliteStore made = MustOpen();
    for (int i = 0; i < 200; ++i)
      ASSERT_EQ(Put(made, SmallSaga(absl::StrCat("gid-", i))).kind, Result::kDone);
  }
  std::string content = fixture::ReadFile(Path());
  ASSERT_GT(content.size(), size_t{3 * 4096});
  // Everything behind the schema's first page is rubbish.
  content.replace(4096, std::string::npos, std::string(content.size() - 4096, '\x5a'));
  fixture::WriteFile(Path(), content);
  auto opened = Open();
  const absl::Status status = opened.ok() ? opened->store->Load("gid-1").status() : opened.status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(Path() + " is damaged"), HasSubstr("restore a backup")));
}

TEST_F(SqliteRefusal, AFullDiskLosesNothingAndPasses) {
  SqliteStore sqlite = MustOpen({.vfs = BrokenDisk::Name()});
  std::vector<std::string> stored;
  for (int round = 0; round < 20; ++round) {
    // Space ends somewhere inside the batch's writes, at another place each time.
    BrokenDisk::room = round * 3000;
    std::vector<core::GlobalTransaction> fresh;
    for (int i = 0; i < 10; ++i) fresh.push_back(SmallSaga(absl::StrCat("gid-", round, "-", i)));
    std::vector<port::Write> batch;
    for (const core::GlobalTransaction& transaction : fresh)
      batch.push_back(InsertOf(transaction, kNow));
    const auto results = sqlite.store->Commit(batch);
    for (size_t i = 0; i < fresh.size(); ++i) {
      ASSERT_EQ(results[i].kind, results[0].kind);
      if (results[i].kind == Result::kDone) {
        stored.push_back(fresh[i].gid);
        continue;
      }
      ASSERT_EQ(results[i].kind, Result::kFailed);
      EXPECT_THAT(results[i].error,
                  AllOf(HasSubstr("the disk is full"), HasSubstr("free some space")));
      EXPECT_TRUE(absl::IsNotFound(sqlite.store->Load(fresh[i].gid).status()));
    }
    const int64_t room_left = BrokenDisk::room;
    if (results[0].kind == Result::kDone) {
      EXPECT_TRUE(sqlite.store->Ping().ok()) << round;
    } else if (room_left < 4096) {
      EXPECT_FALSE(sqlite.store->Ping().ok()) << round;
    }
  }
  EXPECT_LT(stored.size(), 200u);
  BrokenDisk::Mend();
  EXPECT_TRUE(sqlite.store->Ping().ok());
  ASSERT_EQ(Put(sqlite, SmallSaga("after")).kind, Result::kDone);
  stored.push_back("after");
  sqlite = {};
  sqlite = MustOpen();
  for (const std::string& gid : stored) EXPECT_EQ(*sqlite.store->Load(gid), SmallSaga(gid));
  EXPECT_EQ(sqlite.query->List({.limit = 1000})->size(), stored.size());
}

TEST_F(SqliteRefusal, AFileAtItsSizeLimit) {
  SqliteStore sqlite = MustOpen({.max_pages = 40});
  core::GlobalTransaction first = SmallSaga("first");
  ASSERT_EQ(Put(sqlite, first).kind, Result::kDone);
  core::GlobalTransaction huge = SmallSaga("huge");
  huge.custom_data = std::string(256 << 10, 'c');
  const auto failed = Put(sqlite, huge);
  EXPECT_EQ(failed.kind, Result::kFailed);
  EXPECT_THAT(failed.error, HasSubstr("the disk is full"));
  // What fits goes on at once.
  first.version = 2;
  EXPECT_EQ(sqlite.store->Commit({UpdateOf(first, kNow)})[0].kind, Result::kDone);
  EXPECT_EQ(Put(sqlite, SmallSaga("second")).kind, Result::kDone);
  sqlite = {};
  sqlite = MustOpen();
  EXPECT_EQ(Put(sqlite, huge).kind, Result::kDone);
  EXPECT_EQ(*sqlite.store->Load("first"), first);
}

TEST_F(SqliteRefusal, ACommitThatCouldNotBeSyncedIsUnknown) {
  SqliteStore sqlite = MustOpen({.vfs = BrokenDisk::Name()});
  core::GlobalTransaction held = SmallSaga("held");
  ASSERT_EQ(Put(sqlite, held).kind, Result::kDone);
  BrokenDisk::failing_syncs = 1000;
  const core::GlobalTransaction fresh = SmallSaga("fresh");
  held.version = 2;
  const auto results = sqlite.store->Commit({InsertOf(fresh, kNow), UpdateOf(held, kNow)});
  EXPECT_EQ(results[0].kind, Result::kUnknown);
  EXPECT_EQ(results[1].kind, Result::kUnknown);
  EXPECT_THAT(results[0].error, HasSubstr("the disk does not read or write"));
  EXPECT_FALSE(sqlite.store->Ping().ok());
  BrokenDisk::Mend();
  EXPECT_TRUE(sqlite.store->Ping().ok());
  // Nobody may claim what the writer still has to find out about.
  EXPECT_TRUE(sqlite.store->ClaimDue(kNow, 10)->empty());
  // Loading tells: it was not stored, so it can be written again.
  EXPECT_TRUE(absl::IsNotFound(sqlite.store->Load("fresh").status()));
  EXPECT_EQ(sqlite.store->Load("held")->version, 1u);
  const auto again = sqlite.store->Commit({InsertOf(fresh, kNow), UpdateOf(held, kNow)});
  EXPECT_EQ(again[0].kind, Result::kDone);
  EXPECT_EQ(again[1].kind, Result::kDone);
  EXPECT_TRUE(sqlite.store->ClaimDue(kNow, 10)->empty());
}

// The log held the whole commit when its sync failed. Told to have failed, it must not come back
// with a crash.
TEST_F(SqliteRefusal, ACommitToldToHaveFailedStaysGone) {
  SqliteStore sqlite = MustOpen({.vfs = BrokenDisk::Name()});
  ASSERT_EQ(Put(sqlite, SmallSaga("before")).kind, Result::kDone);
  BrokenDisk::failing_syncs = 1;
  EXPECT_EQ(Put(sqlite, SmallSaga("failed")).kind, Result::kFailed);
  // What another process would find if this one died now.
  const fixture::TempDir crashed;
  for (const std::string suffix : {"", "-wal"}) {
    fixture::WriteFile(crashed.File("sagad.db" + suffix), fixture::ReadFile(Path() + suffix));
  }
  auto after = OpenSqliteStore(crashed.File("sagad.db"));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_TRUE(after->store->Load("before").ok());
  EXPECT_TRUE(absl::IsNotFound(after->store->Load("failed").status()));
}

TEST_F(SqliteRefusal, ADeadDiskIsToldByEveryCall) {
  SqliteStore sqlite = MustOpen({.vfs = BrokenDisk::Name()});
  ASSERT_EQ(Put(sqlite, SmallSaga("order-1")).kind, Result::kDone);
  BrokenDisk::dead = true;
  const auto failed = Put(sqlite, SmallSaga("order-2"));
  EXPECT_TRUE(failed.kind == Result::kFailed || failed.kind == Result::kUnknown);
  EXPECT_FALSE(failed.error.empty());
  EXPECT_FALSE(sqlite.store->Ping().ok());
  BrokenDisk::Mend();
  EXPECT_TRUE(sqlite.store->Ping().ok());
  EXPECT_EQ(Put(sqlite, SmallSaga("order-3")).kind, Result::kDone);
  EXPECT_EQ(*sqlite.store->Load("order-1"), SmallSaga("order-1"));
}

TEST_F(SqliteRefusal, AnUnreadableTransactionDoesNotStopTheOthers) {
  {
    SqliteStore made = MustOpen();
    for (const std::string gid : {"a", "b", "c"})
      ASSERT_EQ(Put(made, SmallSaga(gid)).kind, Result::kDone);
  }
  Sql("UPDATE global_transaction SET options = 'rubbish' WHERE gid = 'b'");
  SqliteStore sqlite = MustOpen();
  const auto first = sqlite.store->ClaimDue(kNow, 10);
  EXPECT_TRUE(absl::IsDataLoss(first.status()));
  EXPECT_THAT(std::string(first.status().message()),
              AllOf(HasSubstr("\"b\""), HasSubstr("rubbish")));
  const auto second = sqlite.store->ClaimDue(kNow, 10);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->size(), 2u);
  EXPECT_EQ(*sqlite.store->NextDue(), base::kNever);
}

TEST_F(SqliteRefusal, AShellWithAnOpenTransactionIsNamed) {
  SqliteStore sqlite = MustOpen();
  sqlite3* shell = nullptr;
  ASSERT_EQ(sqlite3_open(Path().c_str(), &shell), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(shell, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto failed = Put(sqlite, SmallSaga("order-1"));
  EXPECT_EQ(failed.kind, Result::kFailed);
  EXPECT_THAT(failed.error, HasSubstr("is locked by another program"));
  sqlite3_close(shell);
  EXPECT_EQ(Put(sqlite, SmallSaga("order-1")).kind, Result::kDone);
}

}  // namespace
}  // namespace saga::adapter
