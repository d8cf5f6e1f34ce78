#pragma once

// What was asked for on the command line of sagad.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace saga::app {

enum class Command : uint8_t {
  kRun,      // the default
  kConfig,   // print the effective values and where they come from
  kVersion,  // also --version
  kHelp,     // also --help
  kBackup,   // what looks after a store: care_commands.h
  kRestore,
  kVerify,
  kExport,
  kImport,
  kMigrate,  // migrate.h
  kDoctor,   // doctor.h
};

struct CommandLine {
  Command command = Command::kRun;
  std::string config_file;           // --config; empty: not given
  bool json = false;                 // -o json
  std::string to;                    // --to, a file; empty: not given
  std::string from;                  // --from, as that
  bool plan = false;                 // --plan, of migrate
  bool apply = false;                // --apply
  bool widen = false;                // --widen
  bool force = false;                // --force
  bool despite_findings = false;     // --despite-findings
  Command help_of = Command::kHelp;  // kHelp: of this command; kHelp itself: of everything
  std::vector<std::pair<std::string, std::string>>
      flags;  // those of the configuration, known or not
  std::vector<std::string> problems;
};

[[nodiscard]] CommandLine ParseCommandLine(int argc, const char* const* argv);

// The text of --help; with a command that has one of its own, that.
std::string HelpText(Command of = Command::kHelp);

}  // namespace saga::app
