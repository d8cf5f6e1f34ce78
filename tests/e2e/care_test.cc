// Looking after a store, through the real binary: backup under load, restore, verify, retention.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/participant.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using fixture::Finished;
using fixture::Sagad;
using fixture::TempDir;
using testing::HasSubstr;
using testing::Not;

constexpr int kFine = 0;
constexpr int kStore = 3;
constexpr int kFindings = 5;

Finished Command(std::vector<std::string> args) {
  return fixture::Run({.program = "sagad", .args = std::move(args)}, absl::Seconds(60));
}
Finished Backup(const TempDir& dir, const std::string& to) {
  return Command({"backup", "--data-dir", dir.path(), "--to", to});
}
Finished Restore(const TempDir& dir, const std::string& from, const std::string& more = "") {
  std::vector<std::string> args = {"restore", "--data-dir", dir.path(), "--from", from};
  if (!more.empty()) args.push_back(more);
  return Command(std::move(args));
}
Finished Verify(const TempDir& dir) { return Command({"verify", "--data-dir", dir.path()}); }

// As a hand in the sqlite3 shell.
void Spoil(const std::string& file, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  EXPECT_GT(sqlite3_total_changes(db), 0) << sql;
  sqlite3_close(db);
}

void Submit(const std::string& address, const std::string& gid, const Participant& participant) {
  const grpc::Status status = DtmClient(address).SubmitSaga(gid, participant, 2, true);
  ASSERT_TRUE(status.ok()) << gid << ": " << status.error_message();
}

// Submits sagas one after another from several threads until it goes away.
class Load {
 public:
  Load(const std::string& address, const Participant& participant) {
    for (int thread = 0; thread < 4; ++thread) {
      threads_.emplace_back([this, address, &participant, thread] {
        DtmClient client(address);
        for (int i = 0; !stop_; ++i) {
          const std::string gid = absl::StrCat("load-", thread, "-", i);
          const grpc::Status status = client.SubmitSaga(gid, participant, 2, true);
          absl::MutexLock lock(&mutex_);
          if (status.ok()) {
            acknowledged_.push_back(gid);
          } else {
            failures_ += absl::StrCat(gid, ": ", status.error_message(), "\n");
          }
        }
      });
    }
  }
  ~Load() { Stop(); }

  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  std::vector<std::string> Acknowledged() {
    absl::MutexLock lock(&mutex_);
    return acknowledged_;
  }
  std::string Failures() {
    absl::MutexLock lock(&mutex_);
    return failures_;
  }

 private:
  std::atomic<bool> stop_{false};
  absl::Mutex mutex_;
  std::vector<std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::string failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

TEST(Care, ABackupUnderLoadHasAllThatWasAcknowledged) {
  TempDir dir;
  TempDir other;
  Participant participant;
  const std::string file = dir.File("backup");
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  Load load(sagad.grpc_address(), participant);
  ASSERT_TRUE(
      fixture::WaitUntil(absl::Seconds(20), [&] { return load.Acknowledged().size() >= 200; }));
  const std::vector<std::string> promised = load.Acknowledged();
  const Finished backup = Backup(dir, file);
  ASSERT_EQ(backup.exit_code, kFine) << backup.out << backup.err;
  EXPECT_THAT(backup.out, HasSubstr("no findings"));
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
    return load.Acknowledged().size() >= promised.size() + 50;
  })) << "the running one goes on";
  load.Stop();
  EXPECT_EQ(load.Failures(), "") << "nobody noticed";
  EXPECT_EQ(sagad.Stop(), 0);
  EXPECT_EQ(Verify(dir).exit_code, kFine);

  const Finished restore = Restore(other, file);
  ASSERT_EQ(restore.exit_code, kFine) << restore.out << restore.err;
  Sagad restored({.data_dir = other.path()});
  ASSERT_TRUE(restored.WaitReady()) << restored.process().Stderr();
  for (const std::string& gid : promised)
    ASSERT_EQ(StatusOf(restored.http_address(), gid), "succeed") << gid;
  // What had begun and not ended at that moment ends.
  Submit(restored.grpc_address(), "after", participant);
  EXPECT_EQ(restored.Stop(), 0);
  EXPECT_EQ(Verify(other).exit_code, kFine);
}

TEST(Care, WhatAKillLeftIsWellAndCarriesOnFromABackup) {
  TempDir dir;
  TempDir other;
  Participant participant;
  participant.Hold();
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  DtmClient client(sagad.grpc_address());
  std::vector<std::string> gids;
  for (int i = 0; i < 20; ++i) {
    gids.push_back(absl::StrCat("orphan-", i));
    ASSERT_TRUE(client.SubmitSaga(gids.back(), participant, 2, false).ok());
  }
  ASSERT_TRUE(
      fixture::WaitUntil(absl::Seconds(10), [&] { return participant.Held() == gids.size(); }));
  sagad.Kill();
  participant.Release();
  const Finished verified = Verify(dir);
  EXPECT_EQ(verified.exit_code, kFine) << verified.out << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("checked 20 transactions"));
  ASSERT_EQ(Backup(dir, dir.File("backup")).exit_code, kFine);
  ASSERT_EQ(Restore(other, dir.File("backup")).exit_code, kFine);
  Sagad restored({.data_dir = other.path()});
  ASSERT_TRUE(restored.WaitReady()) << restored.process().Stderr();
  for (const std::string& gid : gids) {
    EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
      return StatusOf(restored.http_address(), gid) == "succeed";
    })) << gid;
  }
}

TEST(Care, ARestoreTakesNothingFromAnybody) {
  TempDir dir;
  Participant participant;
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  Submit(sagad.grpc_address(), "before", participant);
  const std::string file = dir.File("backup");
  ASSERT_EQ(Backup(dir, file).exit_code, kFine);
  Submit(sagad.grpc_address(), "later", participant);
  const Finished again = Backup(dir, file);
  EXPECT_EQ(again.exit_code, kStore);
  EXPECT_THAT(again.err, HasSubstr("--force"));

  const Finished running = Restore(dir, file, "--force");
  EXPECT_EQ(running.exit_code, kStore);
  EXPECT_THAT(running.err, HasSubstr("in use by another sagad"));
  EXPECT_EQ(StatusOf(sagad.http_address(), "later"), "succeed");
  sagad.Kill();
  const Finished there = Restore(dir, file);
  EXPECT_EQ(there.exit_code, kStore);
  EXPECT_THAT(there.err, HasSubstr("--force"));
  EXPECT_EQ(Restore(dir, dir.File("nothing"), "--force").exit_code, kStore);
  fixture::WriteFile(dir.File("letter"), "dear sirs, this is not a store at all");
  EXPECT_EQ(Restore(dir, dir.File("letter"), "--force").exit_code, kStore);
  sagad.Start();
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  EXPECT_EQ(StatusOf(sagad.http_address(), "later"), "succeed") << "nothing was replaced";

  sagad.Kill();
  const Finished forced = Restore(dir, file, "--force");
  EXPECT_EQ(forced.exit_code, kFine) << forced.err;
  sagad.Start();
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  EXPECT_EQ(StatusOf(sagad.http_address(), "before"), "succeed");
  EXPECT_EQ(StatusOf(sagad.http_address(), "later"), "") << "the old log is gone with its file";
}

TEST(Care, FindingsAreToldAndNotSpreadAbout) {
  TempDir dir;
  TempDir other;
  Participant participant;
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  Submit(sagad.grpc_address(), "order-1", participant);
  EXPECT_EQ(sagad.Stop(), 0);
  Spoil(dir.File("sagad.db"), "UPDATE global_transaction SET next_wake = 1");
  const Finished verified = Verify(dir);
  EXPECT_EQ(verified.exit_code, kFindings);
  EXPECT_THAT(verified.out, HasSubstr("ended_with_wake"));
  EXPECT_THAT(verified.out, HasSubstr("order-1"));
  const Finished json = Command({"verify", "--data-dir", dir.path(), "-o", "json"});
  EXPECT_THAT(json.out, HasSubstr(R"({"finding":"ended_with_wake","subject":"order-1")"));

  const std::string file = dir.File("backup");
  EXPECT_EQ(Backup(dir, file).exit_code, kFindings);
  const Finished refused = Restore(other, file);
  EXPECT_EQ(refused.exit_code, kFindings);
  EXPECT_THAT(refused.err, HasSubstr("nothing was restored"));
  EXPECT_EQ(fixture::ReadFile(other.File("sagad.db")), "");
  EXPECT_EQ(Restore(other, file, "--despite-findings").exit_code, kFine);
  EXPECT_EQ(Verify(other).exit_code, kFindings);
}

TEST(Care, ACopyThatCannotBeVerifiedIsNoBackup) {
  TempDir dir;
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  EXPECT_EQ(sagad.Stop(), 0);
  Spoil(dir.File("sagad.db"), "UPDATE meta SET value = 9999 WHERE name = 'schema_version'");
  const std::string file = dir.File("backup");
  const Finished backup = Backup(dir, file);
  EXPECT_EQ(backup.exit_code, kStore);
  EXPECT_THAT(backup.err, HasSubstr("could not be verified"));
  EXPECT_EQ(fixture::ReadFile(file), "");
  EXPECT_NE(fixture::ReadFile(file + ".part"), "");
}

TEST(Care, WhatRootPutsBackBelongsToWhomTheFolderBelongs) {
  if (geteuid() != 0) GTEST_SKIP() << "for root";
  constexpr uid_t kSomebody = 12'345;
  TempDir dir;
  TempDir other;
  Participant participant;
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  Submit(sagad.grpc_address(), "order-1", participant);
  const std::string file = dir.File("backup");
  ASSERT_EQ(Backup(dir, file).exit_code, kFine);
  ASSERT_EQ(chown(other.path().c_str(), kSomebody, kSomebody), 0);
  ASSERT_EQ(Restore(other, file).exit_code, kFine);
  for (const std::string name : {"sagad.db", "sagad.db.lock"}) {
    struct stat info {};
    ASSERT_EQ(stat(other.File(name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_uid, kSomebody) << name;
  }
}

TEST(Care, AnExportIsCarriedOnByAnotherStore) {
  TempDir dir;
  TempDir other;
  Participant participant;
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  Submit(sagad.grpc_address(), "ended", participant);
  participant.Hold();
  ASSERT_TRUE(DtmClient(sagad.grpc_address()).SubmitSaga("open", participant, 2, false).ok());
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(10), [&] { return participant.Held() == 1; }));
  const std::string file = dir.File("export");
  const auto run_export = [&] {
    return Command({"export", "--data-dir", dir.path(), "--to", file});
  };
  const auto run_import = [&] {
    return Command({"import", "--data-dir", other.path(), "--from", file});
  };
  EXPECT_THAT(run_export().err, HasSubstr("in use by another sagad"));
  sagad.Kill();
  participant.Release();
  const Finished written = run_export();
  ASSERT_EQ(written.exit_code, kFine) << written.out << written.err;
  EXPECT_THAT(written.out, HasSubstr("2 transactions"));
  const Finished read = run_import();
  ASSERT_EQ(read.exit_code, kFine) << read.out << read.err;
  const std::string digest = written.out.substr(written.out.find("digest "), 71);
  EXPECT_THAT(read.out, HasSubstr(digest));
  EXPECT_THAT(run_import().err, HasSubstr("not empty"));
  Sagad heir({.data_dir = other.path()});
  ASSERT_TRUE(heir.WaitReady()) << heir.process().Stderr();
  EXPECT_TRUE(fixture::WaitUntil(
      absl::Seconds(20), [&] { return StatusOf(heir.http_address(), "open") == "succeed"; }));
  EXPECT_EQ(StatusOf(heir.http_address(), "ended"), "succeed");
}

TEST(Care, WhatEndedLongAgoIsForgotten) {
  TempDir dir;
  Participant participant;
  Sagad sagad({.data_dir = dir.path(), .args = {"--store-retention", "1s"}});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  for (int i = 0; i < 50; ++i) Submit(sagad.grpc_address(), absl::StrCat("old-", i), participant);
  participant.Hold();
  ASSERT_TRUE(DtmClient(sagad.grpc_address()).SubmitSaga("open", participant, 2, false).ok());
  EXPECT_TRUE(fixture::WaitUntil(absl::Seconds(20), [&] {
    return StatusOf(sagad.http_address(), "old-0").empty() &&
           StatusOf(sagad.http_address(), "old-49").empty();
  }));
  EXPECT_EQ(StatusOf(sagad.http_address(), "open"), "submitted");
  const Finished verified = Verify(dir);
  EXPECT_EQ(verified.exit_code, kFine) << verified.out;
  participant.Release();
  EXPECT_EQ(sagad.Stop(), 0);
}

}  // namespace
}  // namespace saga::e2e
