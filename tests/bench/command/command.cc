#include "tests/bench/command/command.h"

#include <pthread.h>
#include <signal.h>

#include <iostream>

namespace saga::bench {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

std::optional<cxxopts::ParseResult> Parse(cxxopts::Options& options, int argc, char** argv,
                                          int* exit_code) {
  try {
    options.add_options()("h,help", "show this help");
    auto result = options.parse(argc, argv);
    if (result.count("help") > 0) {
      std::cout << options.help();
      *exit_code = kExitOk;
      return std::nullopt;
    }
    if (!result.unmatched().empty()) {
      std::cerr << "sagabench: unexpected argument '" << result.unmatched().front() << "'\n";
      *exit_code = kExitUsage;
      return std::nullopt;
    }
    return result;
  } catch (const cxxopts::exceptions::exception& error) {
    std::cerr << "sagabench: " << error.what() << "\n";
    *exit_code = kExitUsage;
    return std::nullopt;
  }
}

int Fail(const absl::Status& status) {
  std::cerr << "sagabench: " << std::string(status.message()) << "\n";
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailed;
}

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void AwaitStopSignal() {
  const sigset_t signals = StopSignals();
  int received = 0;
  while (sigwait(&signals, &received) != 0) {
  }
}

}  // namespace saga::bench
