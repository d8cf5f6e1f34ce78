#include <unistd.h>

#include <iostream>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/command/command.h"
#include "cli/printer/dashboard.h"
#include "cli/printer/screen.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr uint32_t kJobs = 20;

void AddOptions(cxxopts::OptionAdder& add) { add("once", "print it once and end"); }

grpc::Status Take(Call& call, Snapshot* snapshot) {
  snapshot->time = absl::Now();
  grpc::Status status = call.client().Stats(&snapshot->stats);
  if (status.ok()) status = call.destinations().List("", &snapshot->destinations);
  if (status.ok()) status = call.dead_letters().Group("", &snapshot->groups);
  if (status.ok()) status = call.destinations().Outbox(1, &snapshot->outbox);
  if (status.ok()) status = call.dead_letters().ListJobs(kJobs, &snapshot->jobs);
  if (!status.ok()) snapshot->problem = status.error_message();
  return status;
}

ExitCode Once(Call& call) {
  Snapshot snapshot;
  if (const grpc::Status status = Take(call, &snapshot); !status.ok()) return Failed(status);
  if (call.Machine()) {
    PrintJson(call, ToJson(snapshot));
  } else {
    std::cout << Dashboard(snapshot, nullptr, call.time_style());
  }
  return ExitCode::kOk;
}

ExitCode Live(Call& call) {
  Screen screen;
  std::optional<Snapshot> before;
  do {
    Snapshot now;
    // Whoever watches a sagad that is down wants to see it come back.
    (void)Take(call, &now);
    const std::string text = Dashboard(now, before ? &*before : nullptr, call.time_style());
    const std::string footer =
        absl::StrCat(absl::FormatTime("%H:%M:%S", now.time, absl::LocalTimeZone()), "  q quits");
    screen.Draw(FitToScreen(text, footer, screen.columns(), screen.rows()));
    before = std::move(now);
  } while (!screen.WaitForQuit(kInterval));
  return ExitCode::kOk;
}

ExitCode Run(Call& call) {
  const bool live =
      !call.Has("once") && !call.Machine() && StdoutIsTerminal() && isatty(STDIN_FILENO) == 1;
  return live ? Live(call) : Once(call);
}

}  // namespace

Command TopCommand() {
  return {"top",
          "",
          "a live view: what is open, how fast it goes, who is sick, what is dead",
          "Anew every second on a terminal, q quits; elsewhere and with --once it is printed once.",
          0,
          0,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
