#include "cli/command/command.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::Transaction transaction;
  const std::string& gid = call.arguments().front();
  if (const grpc::Status status = call.client().Wait(gid, &transaction); !status.ok()) return Failed(status, gid);
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
