#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/filter_argument.h"
#include "cli/command/page_options.h"
#include "cli/printer/json.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddText(add, "status", "only this status: prepared, submitted, aborting, succeed, failed",
          "STATUS");
  AddText(add, "mode", "only this mode: saga, tcc, msg, xa, workflow", "MODE");
  add("open", "only what has not ended");
  AddText(add, "gid-prefix", "only gids that begin with this", "TEXT");
  AddText(add, "since", "created at or after: a duration back (10m) or an RFC 3339 time", "TIME");
  AddText(add, "until", "created at or before, likewise", "TIME");
  AddFilter(add);
  AddPageOptions(add);
}

// False: said what is wrong.
bool TimeOption(const Call& call, const char* name, int64_t* micros) {
  const std::string text = call.Text(name);
  if (text.empty() || ParseTimePoint(text, call.now(), micros)) return true;
  Complain(absl::StrCat("--", name,
                        " is a duration like 10m or a time like 2026-11-21T10:00:00Z, not \"", text,
                        "\""));
  return false;
}

// False: said what is wrong.
bool ReadOptions(const Call& call, v1::ListRequest* request) {
  uint32_t limit = 0;
  int64_t since = 0;
  int64_t until = 0;
  if (!ReadFilter(call, request->mutable_filter()) || !ReadLimit(call, &limit) ||
      !TimeOption(call, "since", &since) || !TimeOption(call, "until", &until)) {
    return false;
  }
  request->set_limit(limit);
  request->set_created_after_us(since);
  request->set_created_before_us(until);
  request->set_status(call.Text("status"));
  request->set_mode(call.Text("mode"));
  request->set_gid_prefix(call.Text("gid-prefix"));
  request->set_open_only(call.Has("open"));
  return true;
}

void PrintList(const std::vector<v1::Transaction>& transactions, const Call& call) {
  if (call.output() == Output::kJson) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const v1::Transaction& t : transactions) json.push_back(ToListJson(t));
    std::cout << Dump(json, false);
  } else if (call.output() != Output::kJsonl) {
    if (transactions.empty()) Complain("nothing matches");
    call.Print(transactions);
  }
}

ExitCode Run(Call& call) {
  v1::ListRequest request;
  if (!ReadOptions(call, &request)) return ExitCode::kUsage;
  const bool all = call.Has("all");
  std::vector<v1::Transaction> transactions;
  do {
    v1::ListReply reply;
    if (const grpc::Status status = call.client().List(request, &reply); !status.ok())
      return FailedFilter(status, request.filter());
    request.set_position(reply.next_position());
    if (call.output() == Output::kJsonl) {  // streams: nothing is held back for later pages
      for (const v1::Transaction& t : reply.transactions()) std::cout << Dump(ToListJson(t), true);
      std::cout.flush();
    } else {
      transactions.insert(transactions.end(), reply.transactions().begin(),
                          reply.transactions().end());
    }
  } while (all && !request.position().empty());
  PrintList(transactions, call);
  if (!request.position().empty()) SayThereIsMore();
  return ExitCode::kOk;
}

}  // namespace

Command ListCommand() {
  return {"list",
          "[FILTER]",
          "transactions, newest first",
          "FILTER is like 'state=aborting and dest~product and age>10m'; sagactl help filter "
          "explains it. All conditions and options given must hold. With -o jsonl pages are "
          "printed as they come.",
          0,
          kMostFilterWords,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
