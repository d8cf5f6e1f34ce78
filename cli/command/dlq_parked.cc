#include <iostream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  add("limit", "how many, 1 to 1000", cxxopts::value<std::string>()->default_value("50"), "N");
  AddText(add, "before", "only those with a lower id", "ID");
  AddText(add, "discard", "delete the one with this id; needs --reason", "ID");
  AddText(add, "reason", "why it is deleted, for the log", "TEXT");
}

// False: complained.
bool ReadId(const Call& call, const char* name, uint64_t* id) {
  if (!call.Has(name) || absl::SimpleAtoi(call.Text(name), id)) return true;
  Complain(
      absl::StrCat("--", name, " is the id that dlq parked shows, not \"", call.Text(name), "\""));
  return false;
}

ExitCode Discard(Call& call, uint64_t id) {
  if (!HasReason(call, "dlq parked --discard needs --reason: the message is gone afterwards"))
    return ExitCode::kUsage;
  const grpc::Status status = call.dead_letters().DiscardParked(id, call.Text("reason"));
  if (!status.ok()) return Failed(status, absl::StrCat(id));
  Complain(absl::StrCat("message ", id, " is discarded"));
  return ExitCode::kOk;
}

ExitCode Run(Call& call) {
  uint64_t discarded = 0;
  uint64_t before = 0;
  uint32_t limit = 0;
  if (!ReadId(call, "discard", &discarded) || !ReadId(call, "before", &before))
    return ExitCode::kUsage;
  if (call.Has("discard")) return Discard(call, discarded);
  const std::string text = call.options()["limit"].as<std::string>();
  if (!absl::SimpleAtoi(text, &limit) || limit < 1 || limit > 1000) {
    Complain(absl::StrCat("--limit is a number from 1 to 1000, not \"", text, "\""));
    return ExitCode::kUsage;
  }
  v1::ListParkedMessagesRequest request;
  request.set_limit(limit);
  request.set_before_id(before);
  v1::ListParkedMessagesReply reply;
  if (const grpc::Status status = call.dead_letters().ListParked(request, &reply); !status.ok())
    return Failed(status);
  if (call.Machine()) {
    std::vector<nlohmann::ordered_json> json;
    for (const v1::ParkedMessage& message : reply.messages()) json.push_back(ToJson(message));
    PrintJson(call, json);
  } else if (reply.messages().empty()) {
    Complain("no message is parked");
  } else {
    std::cout << ParkedTable(reply, call.output() == Output::kWide, call.time_style(), call.now());
  }
  if (static_cast<uint32_t>(reply.messages_size()) == limit) {
    Complain(absl::StrCat("there may be more: --before ",
                          reply.messages(reply.messages_size() - 1).id()));
  }
  return ExitCode::kOk;
}

}  // namespace

Command DlqParkedCommand() {
  return {"dlq parked",
          "",
          "messages from Kafka that could not be understood, newest first",
          "They belong to no branch that could be replayed: an unknown schema version, a missing "
          "header, bytes that are no message of ours. -o json shows headers and value. --discard "
          "deletes one.",
          0,
          0,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
