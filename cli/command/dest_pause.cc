#include "cli/command/command.h"
#include "cli/command/destination_act.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  return RunDestinationAct(
      call, &DestinationClient::Pause,
      "dest pause needs --reason: whoever wonders why nothing is called will look for it");
}

}  // namespace

Command DestPauseCommand() {
  return {"dest pause",
          "DESTINATION",
          "call nothing there until it is resumed",
          "What is due waits, nothing is lost, and transactions may run into their timeouts. "
          "Survives a restart of sagad. A destination that was never called can be paused, too.",
          1,
          1,
          false,
          AddHistoryReason,
          Run};
}

}  // namespace saga::cli
