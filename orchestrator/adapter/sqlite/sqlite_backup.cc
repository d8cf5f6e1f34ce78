#include "orchestrator/adapter/sqlite/sqlite_backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/adapter/sqlite/failure.h"
#include "orchestrator/adapter/sqlite/owner_lock.h"
#include "orchestrator/adapter/sqlite/schema.h"
#include "orchestrator/adapter/sqlite/writer.h"

namespace saga::adapter {
namespace {

using sqlite::Connection;
using sqlite::FailureOf;

constexpr int kPagesAtOnce = 256;
// What is written goes to the disk this often, so that it does not all come at once and in the way
// of a running sagad's commits.
constexpr int kStepsBetweenSyncs = 16;
constexpr mode_t kOwnerOnly = 0600;

absl::Status SystemFailure(const std::string& path, absl::string_view what) {
  const int error = errno;
  return absl::FailedPreconditionError(
      absl::StrCat(path, " cannot be ", what, ": ", std::strerror(error)));
}

class File {
 public:
  File(const std::string& path, int flags)
      : file_(open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly)) {}
  ~File() {
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool ok() const { return file_ >= 0; }
  bool Sync() const { return fdatasync(file_) == 0; }

 private:
  const int file_;
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The copy with all its steps; the file is there, empty.
absl::Status CopyPages(Connection& source, const std::string& from, const std::string& to,
                       const File& file, CopyProgress progress) {
  Connection target;
  int code = target.Open(to, SQLITE_OPEN_READWRITE, "");
  if (code == SQLITE_OK) code = target.Exec("PRAGMA synchronous = OFF");
  if (code != SQLITE_OK) return FailureOf(code, to, target);
  sqlite3_backup* const backup = sqlite3_backup_init(target.get(), "main", source.get(), "main");
  if (backup == nullptr) return FailureOf(sqlite3_extended_errcode(target.get()), to, target);
  int64_t page_size = 0;
  source.ReadNumber("PRAGMA page_size", &page_size);
  code = SQLITE_OK;
  for (int step = 1; code == SQLITE_OK; ++step) {
    code = sqlite3_backup_step(backup, kPagesAtOnce);
    const auto all = static_cast<uint64_t>(sqlite3_backup_pagecount(backup));
    const uint64_t left = static_cast<uint64_t>(sqlite3_backup_remaining(backup));
    progress((all - left) * static_cast<uint64_t>(page_size),
             all * static_cast<uint64_t>(page_size));
    if (step % kStepsBetweenSyncs == 0 && !file.Sync()) code = SQLITE_IOERR_FSYNC;
  }
  const int finish = sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE) code = finish;
  // Reading and writing fail with the same codes.
  if (code != SQLITE_OK) return FailureOf(code, absl::StrCat(from, " -> ", to), target);
  // One file, whoever opens it, and on a disk that cannot be written.
  code = target.Exec("PRAGMA journal_mode = DELETE");
  return code == SQLITE_OK ? absl::OkStatus() : FailureOf(code, to, target);
}

absl::Status CopyInto(const std::string& from, const std::string& to, CopyProgress progress) {
  Connection source;
  int code = source.Open(from, SQLITE_OPEN_READONLY, "");
  if (code != SQLITE_OK) return FailureOf(code, from, source);
  sqlite3_busy_timeout(source.get(), sqlite::kBusyMillis);
  // The moment: what is committed later is not seen, and does not make the copy begin again.
  int64_t version = 0;
  code = source.Exec("BEGIN");
  if (code == SQLITE_OK) code = source.ReadNumber("PRAGMA schema_version", &version);
  if (code != SQLITE_OK) return FailureOf(code, from, source);
  const File file(to, O_RDWR | O_CREAT | O_TRUNC);
  if (!file.ok()) return SystemFailure(to, "written");
  if (absl::Status status = CopyPages(source, from, to, file, progress); !status.ok())
    return status;
  return file.Sync() ? absl::OkStatus() : SystemFailure(to, "synced");
}

// What the old store has in its log moves into its file, which is then whole by itself: dying
// between the end of the log and the new file loses nothing. One that cannot be opened has nothing
// to lose.
void FoldLog(const std::string& path) {
  Connection old;
  if (old.Open(path, SQLITE_OPEN_READWRITE, "") != SQLITE_OK) return;
  old.Exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
}

// What root puts into a folder belongs to whom the folder belongs to: sagad itself runs as that
// user.
void GiveToOwner(const std::string& path) {
  struct stat folder {};
  if (geteuid() != 0 || stat(FolderOf(path).c_str(), &folder) != 0) return;
  // Nothing better is known to do when it cannot be; a start says what is missing.
  (void)!lchown(path.c_str(), folder.st_uid, folder.st_gid);
}

class Restore final : public SqliteRestore {
 public:
  Restore(const std::string& path, std::unique_ptr<sqlite::OwnerLock> lock)
      : path_(path), copy_(path + ".restore"), lock_(std::move(lock)) {}
  ~Restore() override { unlink(copy_.c_str()); }

  absl::Status Copy(const std::string& from, CopyProgress progress) override {
    if (absl::Status status = CopySqliteStore(from, copy_, progress); !status.ok()) return status;
    Connection connection;
    const int code = connection.Open(copy_, SQLITE_OPEN_READWRITE, "");
    if (code != SQLITE_OK) return FailureOf(code, copy_, connection);
    int64_t application = 0;
    const int read = connection.ReadNumber("PRAGMA application_id", &application);
    if (read != SQLITE_OK) return FailureOf(read, from, connection);
    if (application != sqlite::kApplicationId)
      return absl::FailedPreconditionError(
          absl::StrCat(from, " is not a backup of a sagad store."));
    return PrepareSchema(connection, copy_, sqlite::Migrations());
  }
  const std::string& copy() const override { return copy_; }

  absl::Status Finish() override { return ReplaceSqliteStore(copy_, path_); }

 private:
  const std::string path_;
  const std::string copy_;
  const std::unique_ptr<sqlite::OwnerLock> lock_;
};

}  // namespace

absl::Status CopySqliteStore(const std::string& from, const std::string& to,
                             CopyProgress progress) {
  absl::Status status = CopyInto(from, to, progress);
  if (!status.ok()) unlink(to.c_str());
  return status;
}

absl::Status MoveIntoPlace(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return SystemFailure(to, "replaced");
  const std::string folder = FolderOf(to);
  const File directory(folder, O_RDONLY | O_DIRECTORY);
  if (!directory.ok() || !directory.Sync()) return SystemFailure(folder, "synced");
  return absl::OkStatus();
}

absl::Status ReplaceSqliteStore(const std::string& from, const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) FoldLog(path);
  // A log is only of use to the file it was written for.
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    const std::string log = path + suffix;
    if (unlink(log.c_str()) != 0 && errno != ENOENT) return SystemFailure(log, "removed");
  }
  {
    const File file(from, O_RDONLY);
    if (!file.ok() || !file.Sync()) return SystemFailure(from, "synced");
  }
  GiveToOwner(from);
  GiveToOwner(path + ".lock");
  return MoveIntoPlace(from, path);
}

absl::StatusOr<std::unique_ptr<SqliteRestore>> SqliteRestore::Begin(const std::string& path,
                                                                    bool overwrite) {
  auto lock = sqlite::OwnerLock::Take(path);
  if (!lock.ok()) return lock.status();
  struct stat info {};
  if (!overwrite && stat(path.c_str(), &info) == 0 && info.st_size > 0) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " is there already. Say --force to replace it."));
  }
  return std::make_unique<Restore>(path, *std::move(lock));
}

}  // namespace saga::adapter
