#pragma once

// The commands that look after a store: backup, restore, verify, export, import. Each runs in a
// process of its own and prints what became of it on standard output, problems and progress on
// standard error.

#include <string>

#include "absl/status/status.h"
#include "orchestrator/app/command_line.h"
#include "orchestrator/app/config.h"
#include "orchestrator/app/wiring.h"

namespace saga::app {

bool IsCareCommand(Command command);

// kStopped: done, and nothing is wrong. kFindings: done as far as it goes, and something in the
// store or the file cannot be. kStore: it could not be done. kConfiguration: not with this store.
ExitCode RunCareCommand(const CommandLine& line, const Config& config);

// One each. `line` has what the command needs.
ExitCode RunBackup(const CommandLine& line, const Config& config);
ExitCode RunRestore(const CommandLine& line, const Config& config);
ExitCode RunVerify(const CommandLine& line, const Config& config);
ExitCode RunExport(const CommandLine& line, const Config& config);
ExitCode RunImport(const CommandLine& line, const Config& config);

// --- for these

// The file of the SQLite store.
std::string StoreFile(const Config& config);
// Holds the file `path` against the rules; each finding becomes a line, of text or JSON, on
// standard output. `name` is what it is to people.
ExitCode VerifyFile(const std::string& path, const std::string& name, bool json);
// Prints "sagad: " and the text to standard error.
ExitCode Fail(ExitCode code, const std::string& text);
ExitCode Fail(ExitCode code, const absl::Status& status);

}  // namespace saga::app
