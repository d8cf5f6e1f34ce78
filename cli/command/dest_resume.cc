#include "cli/command/command.h"
#include "cli/command/destination_act.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  return RunDestinationAct(call, &DestinationClient::Resume,
                           "dest resume needs --reason: it is logged with who paused it");
}

}  // namespace

Command DestResumeCommand() {
  return {"dest resume",
          "DESTINATION",
          "call a paused destination again",
          "What is due goes out at once, within its limits; `dest limit --rate` before it makes a "
          "gentle start.",
          1,
          1,
          false,
          AddHistoryReason,
          Run};
}

}  // namespace saga::cli
