#include "cli/command/command.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  return RunReasoned(
      call, &Client::Abort,
      "abort needs --reason: whoever looks at this transaction later will want to know");
}

}  // namespace

Command AbortCommand() {
  return {
      "abort",
      "GID",
      "have a transaction undone",
      "A saga that runs, a TCC, XA or message that is prepared. What is decided cannot be taken "
      "back.",
      1,
      1,
      false,
      AddReason,
      Run};
}

}  // namespace saga::cli
