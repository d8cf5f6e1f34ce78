#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/dead_letter_argument.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddText(add, "as", "done, compensated or failed (required)", "OUTCOME");
  AddHistoryReason(add);
}

ExitCode Run(Call& call) {
  const std::string as = call.Text("as");
  if (as != "done" && as != "compensated" && as != "failed") {
    Complain(absl::StrCat("--as is done, compensated or failed, not \"", as, "\""));
    return ExitCode::kUsage;
  }
  if (!HasReason(call, "dlq resolve needs --reason: who settled this by hand, and how?"))
    return ExitCode::kUsage;
  return ActOnEach(call, as);
}

}  // namespace

Command DlqResolveCommand() {
  return {
      "dlq resolve",
      "GID/BRANCH/OP...",
      "say what became of a dead letter: its transaction goes on",
      "--as done: the op took effect, by hand or otherwise. --as compensated: what the branch did "
      "is undone by hand; say so first and undo it then, or a late answer may count meanwhile. "
      "--as failed: it did not happen and will not. Not every op can be each of them; "
      "sagad says which. `-` reads names from standard input. A name may be cut short as long as "
      "only one dead letter begins so.",
      1,
      1000,
      false,
      AddOptions,
      Run};
}

}  // namespace saga::cli
