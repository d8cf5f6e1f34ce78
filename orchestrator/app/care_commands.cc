#include "orchestrator/app/care_commands.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "orchestrator/app/doctor.h"
#include "orchestrator/app/migrate.h"

namespace saga::app {

bool IsCareCommand(Command command) {
  switch (command) {
    case Command::kBackup:
    case Command::kRestore:
    case Command::kVerify:
    case Command::kExport:
    case Command::kImport:
    case Command::kMigrate:
    case Command::kDoctor:
      return true;
    case Command::kRun:
    case Command::kConfig:
    case Command::kVersion:
    case Command::kHelp:
      return false;
  }
  return false;
}

ExitCode RunCareCommand(const CommandLine& line, const Config& config) {
  if (line.command == Command::kMigrate)
    return Migrate(config, {.apply = line.apply, .widen = line.widen}, stdout);
  if (line.command == Command::kDoctor) return Examine(config, stdout);
  if (line.command == Command::kExport) return RunExport(line, config);
  if (line.command == Command::kImport) return RunImport(line, config);
  // A file has the kind of its own.
  const bool verifies = line.command == Command::kVerify;
  const bool knows_it = verifies && (!line.from.empty() || IsSharedStore(config.store));
  if (config.store == "memory" && !knows_it) {
    return Fail(ExitCode::kConfiguration,
                "this command is for the SQLite store; store memory is gone with its process.");
  }
  if (config.store != "sqlite" && !knows_it) {
    return Fail(ExitCode::kConfiguration,
                absl::StrCat("this command is for the SQLite store, not for store ", config.store,
                             ". Use the database's own tools for that."));
  }
  if (line.command == Command::kBackup) return RunBackup(line, config);
  if (line.command == Command::kRestore) return RunRestore(line, config);
  return RunVerify(line, config);
}

std::string StoreFile(const Config& config) { return absl::StrCat(config.data_dir, "/sagad.db"); }

ExitCode Fail(ExitCode code, const std::string& text) {
  std::fprintf(stderr, "sagad: %s\n", text.c_str());
  return code;
}

ExitCode Fail(ExitCode code, const absl::Status& status) {
  return Fail(code, std::string(status.message()));
}

}  // namespace saga::app
