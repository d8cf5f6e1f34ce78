#include <iostream>
#include <vector>

#include "cli/command/command.h"
#include "cli/command/filter_argument.h"
#include "cli/printer/destination_json.h"
#include "cli/printer/destinations.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  std::string filter;
  if (!ReadFilter(call, &filter)) return ExitCode::kUsage;
  v1::ListDestinationsReply reply;
  if (const grpc::Status status = call.destinations().List(filter, &reply); !status.ok())
    return FailedFilter(status, filter);
  if (call.Machine()) {
    std::vector<nlohmann::ordered_json> json;
    for (const v1::Destination& each : reply.destinations()) json.push_back(ToJson(each));
    PrintJson(call, json);
  } else if (reply.destinations().empty()) {
    Complain("no destination matches; one is known when it was called or set");
  } else {
    std::cout << DestinationTable({reply.destinations().begin(), reply.destinations().end()},
                                  call.output() == Output::kWide);
  }
  return ExitCode::kOk;
}

}  // namespace

Command DestListCommand() {
  return {"dest list",
          "[FILTER]",
          "destinations, with their breakers, limits and latencies",
          "FILTER has the fields dest and state (closed, open, half_open, paused), like "
          "'state!=closed'. FAILING, P50 and P99 are of the latest calls.",
          0,
          kMostFilterWords,
          false,
          AddFilter,
          Run};
}

}  // namespace saga::cli
