#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/sqlite/sqlite_backup.h"
#include "orchestrator/app/care_commands.h"
#include "orchestrator/app/care_progress.h"
#include "orchestrator/app/data_dir.h"

namespace saga::app {
namespace {

ExitCode Fail(const absl::Status& status) {
  return Fail(ExitCode::kStore, std::string(status.message()));
}

uint64_t SizeOf(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

std::string Now() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
}

// A file that goes away unless it was moved or is kept.
struct Unfinished {
  ~Unfinished() {
    if (!keep) unlink(path.c_str());
  }
  const std::string path;
  bool keep = false;
};

}  // namespace

ExitCode RunBackup(const CommandLine& line, const Config& config) {
  const std::string store = StoreFile(config);
  if (!line.force && access(line.to.c_str(), F_OK) == 0) {
    return Fail(ExitCode::kStore,
                absl::StrCat(line.to, " is there already. Say --force to replace it."));
  }
  Unfinished part{absl::StrCat(line.to, ".part")};
  const std::string begin = Now();
  CareProgress progress("backup", /*bytes=*/true);
  absl::Status status = adapter::CopySqliteStore(store, part.path, progress);
  if (!status.ok()) return Fail(status);
  const uint64_t size = SizeOf(part.path);
  const ExitCode verified = VerifyFile(part.path, "the copy", false);
  if (verified != ExitCode::kStopped && verified != ExitCode::kFindings) {
    part.keep = true;
    return Fail(verified, absl::StrCat("the copy is in ", part.path, " and could not be verified; ",
                                       line.to, " was not written."));
  }
  // A copy of a store that is not as it should be is better than none, but not than an older one.
  if (verified == ExitCode::kFindings && access(line.to.c_str(), F_OK) == 0) {
    part.keep = true;
    return Fail(verified, absl::StrCat("the copy is in ", part.path, "; ", line.to,
                                       " was not replaced by a copy with findings."));
  }
  status = adapter::MoveIntoPlace(part.path, line.to);
  if (!status.ok()) return Fail(status);
  std::printf("%s as of %s is in %s: %s\n", store.c_str(), begin.c_str(), line.to.c_str(),
              SizeText(size).c_str());
  return verified;
}

ExitCode RunRestore(const CommandLine& line, const Config& config) {
  if (absl::Status usable = PrepareDataDir(config.data_dir); !usable.ok()) return Fail(usable);
  const std::string store = StoreFile(config);
  auto restore = adapter::SqliteRestore::Begin(store, line.force);
  if (!restore.ok()) return Fail(restore.status());
  CareProgress progress("restore", /*bytes=*/true);
  absl::Status status = (*restore)->Copy(line.from, progress);
  if (!status.ok()) return Fail(status);
  const uint64_t size = SizeOf((*restore)->copy());
  const ExitCode verified = VerifyFile((*restore)->copy(), line.from, false);
  const bool accepted = verified == ExitCode::kFindings && line.despite_findings;
  if (verified != ExitCode::kStopped && !accepted) {
    return Fail(verified, absl::StrCat("nothing was restored.",
                                       verified == ExitCode::kFindings
                                           ? " --despite-findings restores it as it is."
                                           : ""));
  }
  status = (*restore)->Finish();
  if (!status.ok()) return Fail(status);
  std::printf("%s is the store %s now: %s\n", line.from.c_str(), store.c_str(),
              SizeText(size).c_str());
  return ExitCode::kStopped;
}

}  // namespace saga::app
