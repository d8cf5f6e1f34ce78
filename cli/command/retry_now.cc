#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  add("reason", "why, for the history", cxxopts::value<std::string>()->default_value(""));
}

ExitCode Run(Call& call) {
  const std::vector<std::string> gids = Gids(call);
  ExitCode last = ExitCode::kOk;
  size_t failed = 0;
  for (const std::string& gid : gids) {
    v1::Transaction transaction;
    const grpc::Status status = call.client().RetryNow(gid, call.options()["reason"].as<std::string>(), &transaction);
    if (status.ok()) {
      call.Print(transaction);
    } else {
      ++failed;
      last = Failed(status, gid);
      if (last == ExitCode::kUnreachable) break;
    }
  }
  if (gids.size() > 1) Complain(absl::StrCat(gids.size() - failed, " of ", gids.size(), " retried"));
  return failed == 0 || gids.size() == 1 || failed == gids.size() ? last : ExitCode::kPartial;
}

}  // namespace

Command RetryNowCommand() {
  return {"retry-now",
          "GID...",
          "make waiting retries due at once",
          "`-` reads gids from standard input, one a line.",
          1,
          1000,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
