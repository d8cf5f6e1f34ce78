#include "cli/command/command.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/printer/json.h"
#include "cli/printer/terminal.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

absl::Duration TimeoutOf(const cxxopts::ParseResult& options) {
  absl::Duration timeout;
  const bool good = absl::ParseDuration(options["timeout"].as<std::string>(), &timeout);
  return good && timeout > absl::ZeroDuration() ? timeout : absl::ZeroDuration();
}

}  // namespace

Call::Call(const cxxopts::ParseResult& options, std::vector<std::string> arguments)
    : options_(options),
      arguments_(std::move(arguments)),
      timeout_(TimeoutOf(options)),
      connection_(options["server"].as<std::string>(), timeout_) {
  const std::string output = options["output"].as<std::string>();
  if (output == "wide") {
    output_ = Output::kWide;
  } else if (output == "json") {
    output_ = Output::kJson;
  } else if (output == "jsonl") {
    output_ = Output::kJsonl;
  } else if (output != "table") {
    problem_ = absl::StrCat("--output is table, wide, json or jsonl, not \"", output, "\"");
  }
  const std::string time = options["time"].as<std::string>();
  if (time == "relative" || (time == "auto" && StdoutIsTerminal())) {
    time_style_ = TimeStyle::kRelative;
  } else if (time != "iso" && time != "auto") {
    problem_ = absl::StrCat("--time is auto, relative or iso, not \"", time, "\"");
  }
  if (timeout_ == absl::ZeroDuration()) {
    problem_ = "--timeout is a duration like 500ms, 10s or 5m";
  }
}

void Call::Print(const v1::Transaction& transaction) const {
  if (Machine()) {
    std::cout << Dump(ToJson(transaction), output_ == Output::kJsonl);
  } else {
    std::cout << TransactionTable({transaction}, output_ == Output::kWide, time_style_, now_);
  }
}

void Call::Print(const std::vector<v1::Transaction>& transactions) const {
  switch (output_) {
    case Output::kJson: {
      nlohmann::ordered_json json = nlohmann::ordered_json::array();
      for (const v1::Transaction& transaction : transactions) json.push_back(ToJson(transaction));
      std::cout << Dump(json, false);
      return;
    }
    case Output::kJsonl:
      for (const v1::Transaction& transaction : transactions) Print(transaction);
      return;
    case Output::kTable:
    case Output::kWide:
      if (transactions.empty()) return;
      std::cout << TransactionTable(transactions, output_ == Output::kWide, time_style_, now_);
      return;
  }
}

std::string Call::Text(const std::string& option) const {
  return options_.count(option) > 0 ? options_[option].as<std::string>() : "";
}

void AddText(cxxopts::OptionAdder& add, const char* name, const char* help,
             const char* placeholder) {
  add(name, help, cxxopts::value<std::string>(), placeholder);
}

ExitCode Failed(const grpc::Status& status, const std::string& gid) {
  Complain(absl::StrCat(gid.empty() ? "" : gid + ": ", status.error_message()));
  return FromStatus(status);
}

std::vector<std::string> Gids(const Call& call) {
  std::vector<std::string> gids;
  for (const std::string& argument : call.arguments()) {
    if (argument != "-") {
      gids.push_back(argument);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) {
      if (!line.empty()) gids.push_back(line);
    }
  }
  return gids;
}

ExitCode OutcomeOf(const v1::Transaction& transaction) {
  if (transaction.status() == "succeed") return ExitCode::kOk;
  return transaction.status() == "failed" ? ExitCode::kEndedFailed : ExitCode::kTimeout;
}

void AddReason(cxxopts::OptionAdder& add) {
  AddText(add, "reason",
          "why; it becomes the transaction's reason and part of its history (required)", "TEXT");
}

void AddHistoryReason(cxxopts::OptionAdder& add) {
  AddText(add, "reason", "why, for the history (required)", "TEXT");
}

bool HasReason(const Call& call, const char* unsaid) {
  if (!call.Text("reason").empty()) return true;
  Complain(unsaid);
  return false;
}

void PrintJson(const Call& call, const std::vector<nlohmann::ordered_json>& values) {
  if (call.output() == Output::kJsonl) {
    for (const nlohmann::ordered_json& value : values) std::cout << Dump(value, true);
  } else {
    std::cout << Dump(nlohmann::ordered_json(values), false);
  }
}

void PrintJson(const Call& call, const nlohmann::ordered_json& value) {
  std::cout << Dump(value, call.output() == Output::kJsonl);
}

ExitCode RunReasoned(Call& call, ReasonedAct act, const char* unsaid) {
  if (!HasReason(call, unsaid)) return ExitCode::kUsage;
  v1::Transaction transaction;
  const std::string& gid = call.arguments().front();
  const grpc::Status status = (call.client().*act)(gid, call.Text("reason"), &transaction);
  if (!status.ok()) return Failed(status, gid);
  call.Print(transaction);
  return ExitCode::kOk;
}

}  // namespace saga::cli
