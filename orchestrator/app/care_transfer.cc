#include <unistd.h>

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/mysql/mysql_transfer.h"
#include "orchestrator/adapter/sqlite/sqlite_backup.h"
#include "orchestrator/adapter/sqlite/sqlite_transfer.h"
#include "orchestrator/app/care_commands.h"
#include "orchestrator/app/care_progress.h"
#include "orchestrator/app/data_dir.h"
#include "orchestrator/app/mysql_settings.h"
#include "orchestrator/app/version.h"
#include "orchestrator/transfer/transfer.h"

namespace saga::app {
namespace {

ExitCode Fail(const absl::Status& status) {
  const ExitCode code =
      absl::IsInvalidArgument(status) ? ExitCode::kConfiguration : ExitCode::kStore;
  return Fail(code, std::string(status.message()));
}

absl::Status NotThisStore(const Config& config) {
  return absl::InvalidArgumentError(
      absl::StrCat("store ", config.store, " holds nothing beyond its process"));
}

absl::StatusOr<std::unique_ptr<port::StoreReader>> OpenReader(const Config& config) {
  if (config.store == "sqlite") return adapter::OpenSqliteReader(StoreFile(config));
  if (!IsSharedStore(config.store)) return NotThisStore(config);
  const absl::StatusOr<adapter::MysqlOptions> options = MysqlSettings(config);
  if (!options.ok()) return options.status();
  return adapter::OpenMysqlReader(*options);
}

absl::StatusOr<std::unique_ptr<port::StoreWriter>> OpenWriter(const Config& config) {
  if (IsSharedStore(config.store)) {
    absl::StatusOr<adapter::MysqlOptions> options = MysqlSettings(config);
    if (!options.ok()) return options.status();
    options->node_name = "sagad import";
    return adapter::OpenMysqlWriter(*options);
  }
  if (config.store != "sqlite") return NotThisStore(config);
  if (absl::Status usable = PrepareDataDir(config.data_dir); !usable.ok()) return usable;
  return adapter::OpenSqliteWriter(StoreFile(config));
}

// A store's name for people.
std::string NameOf(const Config& config) {
  return config.store == "sqlite" ? StoreFile(config) : config.store;
}

std::string KindOf(const Config& config) { return config.store.substr(0, config.store.find(':')); }

}  // namespace

ExitCode RunExport(const CommandLine& line, const Config& config) {
  if (!line.force && access(line.to.c_str(), F_OK) == 0) {
    return Fail(ExitCode::kStore,
                absl::StrCat(line.to, " is there already. Say --force to replace it."));
  }
  auto reader = OpenReader(config);
  if (!reader.ok()) return Fail(reader.status());
  if (config.store == "sqlite") {
    const ExitCode verified = VerifyFile(StoreFile(config), StoreFile(config), false);
    const bool accepted = verified == ExitCode::kFindings && line.despite_findings;
    if (verified != ExitCode::kStopped && !accepted)
      return Fail(verified, "nothing was exported. --despite-findings exports what can be read.");
  }
  const std::string part = absl::StrCat(line.to, ".part");
  const CareProgress progress("export", /*bytes=*/false);
  const transfer::ExportInfo info{.store = KindOf(config),
                                  .program = Version(),
                                  .create_time = base::Time{absl::GetCurrentTimeNanos() / 1000}};
  auto done = transfer::Export(**reader, part, info, progress);
  absl::Status status = done.status();
  if (status.ok()) status = adapter::MoveIntoPlace(part, line.to);
  if (!status.ok()) {
    unlink(part.c_str());
    return Fail(status);
  }
  std::printf("%s: %s\ndigest %s\n", line.to.c_str(), TextOf(done->counts).c_str(),
              done->digest.c_str());
  return ExitCode::kStopped;
}

ExitCode RunImport(const CommandLine& line, const Config& config) {
  auto writer = OpenWriter(config);
  if (!writer.ok()) return Fail(writer.status());
  const CareProgress progress("import", /*bytes=*/false);
  const auto done = transfer::Import(line.from, **writer, progress);
  if (!done.ok()) return Fail(done.status());
  std::printf("%s: %s\ndigest %s, as in %s\n", NameOf(config).c_str(), TextOf(done->counts).c_str(),
              done->digest.c_str(), line.from.c_str());
  return ExitCode::kStopped;
}

}  // namespace saga::app
