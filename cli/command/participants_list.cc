#include <iostream>
#include <vector>

#include "cli/command/command.h"
#include "cli/printer/destination_json.h"
#include "cli/printer/destinations.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::ListParticipantsReply reply;
  if (const grpc::Status status = call.destinations().ListParticipants("", &reply); !status.ok())
    return Failed(status);
  if (call.Machine()) {
    std::vector<nlohmann::ordered_json> json;
    for (const v1::Participant& each : reply.participants()) json.push_back(ToJson(each));
    PrintJson(call, json);
  } else if (reply.participants().empty()) {
    Complain("no participant is registered; targets with host:port need none");
  } else {
    std::cout << ParticipantTable(reply, call.output() == Output::kWide);
  }
  return ExitCode::kOk;
}

}  // namespace

Command ParticipantsListCommand() {
  return {"participants list",
          "",
          "who is registered, and how many instances are live",
          "A branch with the target participant://NAME/OPERATION goes to a live instance.",
          0,
          0,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
