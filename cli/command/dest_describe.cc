#include <iostream>

#include "cli/command/command.h"
#include "cli/command/destination_act.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  const std::string& name = call.arguments().front();
  v1::Destination destination;
  const grpc::Status status = call.destinations().Get(name, &destination);
  return status.ok() ? Shown(call, destination) : Failed(status, name);
}

}  // namespace

Command DestDescribeCommand() {
  return {"dest describe",
          "DESTINATION",
          "everything about one destination",
          "A destination is a registered participant or the host:port of a plain target.",
          1,
          1,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
