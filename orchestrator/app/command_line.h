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
};

struct CommandLine {
  Command command = Command::kRun;
  std::string config_file;  // --config; empty: not given
  bool json = false;        // -o json
  std::vector<std::pair<std::string, std::string>>
      flags;  // those of the configuration, known or not
  std::vector<std::string> problems;
};

[[nodiscard]] CommandLine ParseCommandLine(int argc, const char* const* argv);

// The text of --help.
std::string HelpText();

}  // namespace saga::app
