#include "cli/command/command.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::Transaction transaction;
  const std::string& gid = call.arguments().front();
  if (const grpc::Status status = call.client().Get(gid, &transaction); !status.ok())
    return Failed(status);
  call.Print(transaction);
  return ExitCode::kOk;
}

}  // namespace

Command GetCommand() {
  return {"get",
          "GID",
          "one transaction, in one row",
          "With -o json also its branches.",
          1,
          1,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
