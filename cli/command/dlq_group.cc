#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/filter_argument.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/terminal.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  std::string filter;
  if (!ReadFilter(call, &filter)) return ExitCode::kUsage;
  v1::GroupDeadLettersReply reply;
  if (const grpc::Status status = call.dead_letters().Group(filter, &reply); !status.ok())
    return FailedFilter(status, filter);
  if (call.Machine()) {
    std::vector<nlohmann::ordered_json> json;
    for (const v1::DeadLetterGroup& group : reply.groups()) json.push_back(ToJson(group));
    PrintJson(call, json);
  } else if (reply.groups().empty()) {
    Complain("nothing is dead");
  } else {
    std::cout << GroupTable(reply, call.time_style(), call.now());
    Complain(absl::StrCat("the first group: sagactl dlq replay ",
                          ShellQuoted(FilterOf(reply.groups(0)))));
  }
  return ExitCode::kOk;
}

}  // namespace

Command DlqGroupCommand() {
  return {"dlq group",
          "[FILTER]",
          "dead letters by destination, op and error, largest group first",
          "Errors that differ only in numbers, ids, addresses and times have one fingerprint.",
          0,
          kMostFilterWords,
          false,
          AddFilter,
          Run};
}

}  // namespace saga::cli
