#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/terminal.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::Transaction transaction;
  const std::string& gid = call.arguments().front();
  if (const grpc::Status status = call.client().Wait(gid, &transaction); !status.ok()) {
    const ExitCode code = Failed(status, gid);
    if (code == ExitCode::kTimeout)
      Complain(absl::StrCat("why it has not ended: sagactl describe ", GidArgument(gid)));
    return code;
  }
  call.Print(transaction);
  return OutcomeOf(transaction);
}

}  // namespace

Command WaitCommand() {
  return {"wait",
          "GID",
          "wait until a transaction has ended; the exit code says how",
          "0: succeed, 10: failed, 8: still open when --timeout ran out.",
          1,
          1,
          true,
          NoOptions,
          Run};
}

}  // namespace saga::cli
