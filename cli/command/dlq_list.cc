#include <iostream>
#include <vector>

#include "cli/command/command.h"
#include "cli/command/filter_argument.h"
#include "cli/command/page_options.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/json.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddFilter(add);
  AddPageOptions(add);
}

void PrintAll(const std::vector<v1::DeadLetter>& letters, const Call& call) {
  if (call.output() == Output::kJsonl) return;  // printed already
  if (call.output() == Output::kJson) {
    std::vector<nlohmann::ordered_json> json;
    for (const v1::DeadLetter& letter : letters) json.push_back(ToJson(letter, false));
    PrintJson(call, json);
    return;
  }
  if (letters.empty()) Complain("nothing is dead");
  if (!letters.empty())
    std::cout << DeadLetterTable(letters, call.output() == Output::kWide, call.time_style(),
                                 call.now());
}

ExitCode Run(Call& call) {
  v1::ListDeadLettersRequest request;
  uint32_t limit = 0;
  if (!ReadFilter(call, request.mutable_filter()) || !ReadLimit(call, &limit))
    return ExitCode::kUsage;
  request.set_limit(limit);
  std::vector<v1::DeadLetter> letters;
  do {
    v1::ListDeadLettersReply reply;
    if (const grpc::Status status = call.dead_letters().List(request, &reply); !status.ok())
      return FailedFilter(status, request.filter());
    request.set_position(reply.next_position());
    if (call.output() == Output::kJsonl) {  // streams: nothing is held back for later pages
      for (const v1::DeadLetter& letter : reply.dead_letters())
        std::cout << Dump(ToJson(letter, false), true);
      std::cout.flush();
    } else {
      letters.insert(letters.end(), reply.dead_letters().begin(), reply.dead_letters().end());
    }
  } while (call.Has("all") && !request.position().empty());
  PrintAll(letters, call);
  if (!request.position().empty()) SayThereIsMore();
  return ExitCode::kOk;
}

}  // namespace

Command DlqListCommand() {
  return {"dlq list",
          "[FILTER]",
          "dead letters, those of the oldest transaction first",
          "FILTER is like 'dest=product and op=compensate and age>1h', ages since the death; "
          "sagactl help filter explains it.",
          0,
          kMostFilterWords,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
