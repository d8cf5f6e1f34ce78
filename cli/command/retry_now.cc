#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddText(add, "reason", "why, for the history", "TEXT");
}

ExitCode Run(Call& call) {
  const std::vector<std::string> gids = Gids(call);
  std::vector<v1::Transaction> retried;
  ExitCode last = ExitCode::kOk;
  for (const std::string& gid : gids) {
    v1::Transaction transaction;
    const grpc::Status status = call.client().RetryNow(gid, call.Text("reason"), &transaction);
    if (status.ok()) {
      retried.push_back(std::move(transaction));
      continue;
    }
    last = Failed(status, gid);
    if (last == ExitCode::kUnreachable) break;  // the rest would fare no better
  }
  // What was typed decides on the form of the JSON, not how many were found.
  const bool one = call.arguments().size() == 1 && call.arguments().front() != "-";
  if (!one) {
    call.Print(retried);
    Complain(absl::StrCat(retried.size(), " of ", gids.size(), " retried"));
  } else if (!retried.empty()) {
    call.Print(retried.front());
  }
  return retried.empty() || last == ExitCode::kOk ? last : ExitCode::kPartial;
}

}  // namespace

Command RetryNowCommand() {
  return {"retry-now",
          "GID...",
          "make waiting retries due at once",
          "`-` reads gids from standard input, one a line. With several, -o json prints an array.",
          1,
          1000,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
