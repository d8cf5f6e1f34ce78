#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/json.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"
#include "cli/printer/text.h"

namespace saga::cli {

namespace {

// What is left of its lease; a node that needs none, or has none left, has nothing to show.
std::string LeaseText(const v1::Node& node, const Call& call) {
  if (node.lease_end_us() == 0 || node.state() == "gone") return "-";
  return ShowTime(node.lease_end_us(), call.time_style(), call.now());
}

std::string Text(const v1::ListNodesReply& reply, const Call& call) {
  Table table({"ID", "NAME", "ADDRESS", "VERSION", "SINCE", "LEASE ENDS", "STATE", "HOLDS"});
  for (const v1::Node& node : reply.nodes()) {
    const std::string state = absl::StrCat(node.state(), node.self() ? ", asked" : "");
    table.Add({node.id() == 0 ? "-" : absl::StrCat(node.id()), OneLine(node.name()),
               Cell(node.address()), OneLine(node.version()),
               ShowTime(node.since_us(), call.time_style(), call.now()), LeaseText(node, call),
               Paint(state, node.state() == "live" ? Colour::kGood : Colour::kBad),
               absl::StrCat(node.held())});
  }
  return table.Text();
}

ExitCode Run(Call& call) {
  v1::ListNodesReply reply;
  if (const grpc::Status status = call.client().ListNodes(&reply); !status.ok())
    return Failed(status);
  if (call.output() == Output::kJsonl) {
    for (const v1::Node& node : reply.nodes()) std::cout << Dump(ToJson(node), true);
  } else if (call.output() == Output::kJson) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const v1::Node& node : reply.nodes()) json.push_back(ToJson(node));
    std::cout << Dump(json, false);
  } else {
    std::cout << Text(reply, call);
  }
  return ExitCode::kOk;
}

}  // namespace

Command NodesCommand() {
  return {"nodes",
          "",
          "the processes that work on the server's store",
          "One, unless the store is shared (store mysql://). Each open transaction is held by one "
          "of them, under a lease; a node that is silent for longer is gone, and the others take "
          "over what it held. ID grows with every start.",
          0,
          0,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
