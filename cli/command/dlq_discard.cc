#include "cli/command/command.h"
#include "cli/command/dead_letter_argument.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  if (!HasReason(call, "dlq discard needs --reason: it gives up work that somebody will miss"))
    return ExitCode::kUsage;
  return ActOnEach(call, "discard");
}

}  // namespace

Command DlqDiscardCommand() {
  return {"dlq discard",
          "GID/BRANCH/OP...",
          "give a dead letter up: it is never called again",
          "Its transaction goes on without it, and what it should have undone stays. A saga's "
          "action cannot be left out: resolve it. `dlq resolve --as done` says that it was done by "
          "hand. `-` reads names from standard input. A name may be cut short as long as only one "
          "dead letter begins so.",
          1,
          1000,
          false,
          AddHistoryReason,
          Run};
}

}  // namespace saga::cli
