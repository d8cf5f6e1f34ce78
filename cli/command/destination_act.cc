#include "cli/command/destination_act.h"

#include <iostream>

#include "cli/printer/destination_json.h"
#include "cli/printer/destinations.h"

namespace saga::cli {

ExitCode Shown(const Call& call, const v1::Destination& destination) {
  if (call.Machine()) {
    PrintJson(call, ToJson(destination));
  } else {
    std::cout << Description(destination, call.time_style(), call.now());
  }
  return ExitCode::kOk;
}

ExitCode RunDestinationAct(Call& call, DestinationAct act, const char* unsaid) {
  if (!HasReason(call, unsaid)) return ExitCode::kUsage;
  const std::string& name = call.arguments().front();
  v1::Destination destination;
  const grpc::Status status = (call.destinations().*act)(name, call.Text("reason"), &destination);
  return status.ok() ? Shown(call, destination) : Failed(status, name);
}

}  // namespace saga::cli
