// sagabench: measures a server that speaks DTM's protocol. See tests/bench/README.md.

#include <array>
#include <iostream>
#include <string>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "tests/bench/command/command.h"

namespace {

struct Subcommand {
  std::string_view name;
  std::string_view purpose;
  int (*run)(int argc, char** argv);
};

constexpr std::array<Subcommand, 9> kSubcommands = {{
    {"load", "a closed loop of clients against a server", &saga::bench::RunLoadCommand},
    {"participant", "a participant that costs little", &saga::bench::RunParticipantCommand},
    {"ceiling", "what gRPC alone allows here", &saga::bench::RunCeilingCommand},
    {"passthrough", "the server behind ceiling", &saga::bench::RunPassThroughCommand},
    {"disk", "durable writes a second", &saga::bench::RunDiskCommand},
    {"orphans", "time to recover from kill -9", &saga::bench::RunOrphansCommand},
    {"idle", "what a process uses over a time", &saga::bench::RunIdleCommand},
    {"park", "sagas that nobody will answer", &saga::bench::RunParkCommand},
    {"intake", "a participant that is reached by Kafka only", &saga::bench::RunIntakeCommand},
}};

void PrintUsage(std::ostream& out) {
  out << "usage: sagabench SUBCOMMAND [options]   (sagabench SUBCOMMAND --help)\n";
  for (const Subcommand& subcommand : kSubcommands) {
    out << "  " << subcommand.name << std::string(14 - subcommand.name.size(), ' ')
        << subcommand.purpose << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  // Debian's Abseil, which gRPC locks with, looks for lock cycles at every lock unless told not to:
  // 5 % of the processor time of a call.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string_view name = argc > 1 ? argv[1] : "";
  for (const Subcommand& subcommand : kSubcommands) {
    if (name == subcommand.name) return subcommand.run(argc - 1, argv + 1);
  }
  const bool help = name == "--help" || name == "-h" || name == "help";
  PrintUsage(help ? std::cout : std::cerr);
  return help ? saga::bench::kExitOk : saga::bench::kExitUsage;
}
