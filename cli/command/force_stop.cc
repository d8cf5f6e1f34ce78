#include "cli/command/command.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  return RunReasoned(
      call, &Client::ForceStop,
      "force-stop needs --reason: it leaves work half done, and somebody will ask why");
}

}  // namespace

Command ForceStopCommand() {
  return {
      "force-stop",
      "GID",
      "end a transaction as failed, undoing nothing",
      "The last resort, when it can neither go on nor be undone: nothing more is called, and what "
      "was done stays done. `abort` undoes.",
      1,
      1,
      false,
      AddReason,
      Run};
}

}  // namespace saga::cli
