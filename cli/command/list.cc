#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/json.h"
#include "cli/printer/terminal.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  add("status", "only this status: prepared, submitted, aborting, succeed, failed",
      cxxopts::value<std::string>()->default_value(""));
  add("mode", "only this mode: saga, tcc, msg", cxxopts::value<std::string>()->default_value(""));
  add("open", "only what has not ended");
  add("gid-prefix", "only gids that begin with this", cxxopts::value<std::string>()->default_value(""));
  add("since", "created at or after: a duration back (10m) or an RFC 3339 time",
      cxxopts::value<std::string>()->default_value(""));
  add("until", "created at or before, likewise", cxxopts::value<std::string>()->default_value(""));
  add("limit", "how many, newest first (at most 1000 a page)", cxxopts::value<uint32_t>()->default_value("50"));
  add("all", "every page, not only the first");
}

// False: said what is wrong.
bool TimeOption(const Call& call, const char* name, int64_t* micros) {
  const std::string text = call.options()[name].as<std::string>();
  if (text.empty() || ParseTimePoint(text, call.now(), micros)) return true;
  Complain(absl::StrCat("--", name, " is a duration like 10m or a time like 2026-11-21T10:00:00Z, not \"", text, "\""));
  return false;
}

ExitCode Run(Call& call) {
  v1::ListRequest request;
  request.set_status(call.options()["status"].as<std::string>());
  request.set_mode(call.options()["mode"].as<std::string>());
  request.set_gid_prefix(call.options()["gid-prefix"].as<std::string>());
  request.set_open_only(call.options().count("open") > 0);
  request.set_limit(call.options()["limit"].as<uint32_t>());
  int64_t since = 0;
  int64_t until = 0;
  if (!TimeOption(call, "since", &since) || !TimeOption(call, "until", &until)) return ExitCode::kUsage;
  request.set_created_after_us(since);
  request.set_created_before_us(until);

  const bool all = call.options().count("all") > 0;
  std::vector<v1::Transaction> transactions;
  do {
    v1::ListReply reply;
    if (const grpc::Status status = call.client().List(request, &reply); !status.ok()) return Failed(status);
    request.set_position(reply.next_position());
    if (call.output() == Output::kJsonl) {  // streams: nothing is held back for later pages
      for (const v1::Transaction& t : reply.transactions()) std::cout << Dump(ToJson(t), true);
    } else {
      transactions.insert(transactions.end(), reply.transactions().begin(), reply.transactions().end());
    }
  } while (all && !request.position().empty());

  if (call.output() == Output::kJson) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const v1::Transaction& t : transactions) json.push_back(ToJson(t));
    std::cout << Dump(json, false);
  } else if (call.output() != Output::kJsonl) {
    if (transactions.empty()) Complain("nothing matches");
    if (!transactions.empty()) {
      std::cout << TransactionTable(transactions, call.output() == Output::kWide, call.time_style(), call.now());
    }
  }
  if (!request.position().empty()) Complain("there are more: --all shows them, --limit makes the page longer");
  return ExitCode::kOk;
}

}  // namespace

Command ListCommand() {
  return {"list",
          "",
          "transactions, newest first",
          "All conditions given must hold. With -o jsonl pages are printed as they come.",
          0,
          0,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
