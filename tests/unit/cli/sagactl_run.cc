#include "tests/unit/cli/sagactl_run.h"

#include <gtest/gtest.h>

#include <iostream>

#include "cli/run.h"

namespace saga::cli {

Ran RunSagactl(std::vector<std::string> words, const std::string& server) {
  if (!server.empty()) words.insert(words.begin(), {"--server", server});
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const ExitCode code = RunCommandLine(words);
  std::cout.flush();
  Ran ran{.exit_code = static_cast<int>(code), .out = "", .err = ""};
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

}  // namespace saga::cli
