#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/destination_json.h"
#include "cli/printer/destinations.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  const std::string& name = call.arguments().front();
  v1::ListParticipantsReply reply;
  if (const grpc::Status status = call.destinations().ListParticipants(name, &reply); !status.ok())
    return Failed(status, name);
  for (const v1::Participant& each : reply.participants()) {
    if (each.participant() != name) continue;
    if (call.Machine()) {
      PrintJson(call, ToJson(each));
    } else {
      std::cout << Description(each, call.time_style(), call.now());
    }
    return ExitCode::kOk;
  }
  Complain(absl::StrCat("no participant '", name,
                        "' is registered; sagactl participants list shows who is"));
  return ExitCode::kNotFound;
}

}  // namespace

Command ParticipantsDescribeCommand() {
  return {"participants describe",
          "NAME",
          "one participant with its instances and operations",
          "An instance is live while its lease runs and it says that it serves.",
          1,
          1,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
