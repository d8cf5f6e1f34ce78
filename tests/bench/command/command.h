#pragma once

#include <cxxopts.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/address.h"

namespace saga::bench {

// Exit codes of every subcommand.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // it could not be measured; the reason is on stderr
inline constexpr int kExitUsage = 2;

// Each reads its own options from argv[1..] (argv[0] is the subcommand) and returns the exit code.
int RunLoadCommand(int argc, char** argv);
int RunParticipantCommand(int argc, char** argv);
int RunPassThroughCommand(int argc, char** argv);
int RunCeilingCommand(int argc, char** argv);
int RunDiskCommand(int argc, char** argv);
int RunOrphansCommand(int argc, char** argv);
int RunIdleCommand(int argc, char** argv);
int RunParkCommand(int argc, char** argv);
int RunIntakeCommand(int argc, char** argv);

// Parses the command line. Empty when the command has nothing more to do, because help was asked
// for or the line was wrong; *exit_code is set then and the reason printed.
std::optional<cxxopts::ParseResult> Parse(cxxopts::Options& options, int argc, char** argv,
                                          int* exit_code);

// Prints the error and returns the code it stands for.
int Fail(const absl::Status& status);

// Blocks SIGINT and SIGTERM in this thread and those it starts; to be called before any thread is
// started.
void BlockStopSignals();
// Waits for one of them.
void AwaitStopSignal();

}  // namespace saga::bench
