#include <iostream>

#include "cli/command/command.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::Transaction transaction;
  const std::string& gid = call.arguments().front();
  if (const grpc::Status status = call.client().Get(gid, &transaction); !status.ok())
    return Failed(status);
  if (call.Machine()) {
    call.Print(transaction);
  } else {
    std::cout << Description(transaction, call.time_style(), call.now());
  }
  return ExitCode::kOk;
}

}  // namespace

Command DescribeCommand() {
  return {"describe",
          "GID",
          "everything about one transaction, what it waits for, and what to do next",
          "Shows each branch with its attempts and its last error.",
          1,
          1,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
