#include <iostream>

#include "cli/command/command.h"
#include "cli/printer/json.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::HistoryReply history;
  const std::string& gid = call.arguments().front();
  if (const grpc::Status status = call.client().History(gid, &history); !status.ok())
    return Failed(status);
  if (call.output() == Output::kJsonl) {
    for (const v1::HistoryEntry& entry : history.entries()) std::cout << Dump(ToJson(entry), true);
  } else if (call.output() == Output::kJson) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const v1::HistoryEntry& entry : history.entries()) json.push_back(ToJson(entry));
    std::cout << Dump(json, false);
  } else {
    std::cout << HistoryTable(history, call.time_style(), call.now());
  }
  return ExitCode::kOk;
}

}  // namespace

Command HistoryCommand() {
  return {"history",
          "GID",
          "what happened to one transaction, oldest first",
          "Says who did what: sagad itself, or an operator with the reason given.",
          1,
          1,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
