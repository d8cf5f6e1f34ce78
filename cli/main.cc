#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/printer/terminal.h"
#include "cli/run.h"

namespace saga::cli {
namespace {

// Data that did not get out is no success: a full disk, a closed pipe.
ExitCode Flushed(ExitCode code) {
  if (std::cout.flush()) return code;
  Complain("cannot write to standard output");
  return code == ExitCode::kOk ? ExitCode::kError : code;
}

}  // namespace
}  // namespace saga::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `sagactl list | head` ends quietly
  const saga::cli::ExitCode code =
      saga::cli::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  return static_cast<int>(saga::cli::Flushed(code));
}
