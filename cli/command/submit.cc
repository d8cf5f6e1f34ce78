#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  add("gid", "the transaction's gid; without it, the definition makes one from its key",
      cxxopts::value<std::string>()->default_value(""));
  add("input", "file with a JSON object, - for standard input", cxxopts::value<std::string>()->default_value(""));
  add("wait", "answer when it has ended or come to rest; the exit code says how");
  add("reason", "why, for the history", cxxopts::value<std::string>()->default_value(""));
}

// False: said what is wrong.
bool ReadInput(const std::string& name, std::string* text) {
  if (name.empty()) {
    *text = "{}";
    return true;
  }
  std::ifstream file;
  if (name != "-") {
    file.open(name, std::ios::binary);
    if (!file) {
      Complain(absl::StrCat("cannot read ", name, ": ", std::strerror(errno)));
      return false;
    }
  }
  std::istream& in = name == "-" ? std::cin : file;
  text->assign(std::istreambuf_iterator<char>(in), {});
  return true;
}

ExitCode Run(Call& call) {
  v1::SubmitRequest request;
  request.set_definition(call.arguments().front());
  request.set_gid(call.options()["gid"].as<std::string>());
  request.set_wait(call.options().count("wait") > 0);
  *request.mutable_actor() = Client::Actor(call.options()["reason"].as<std::string>());
  if (!ReadInput(call.options()["input"].as<std::string>(), request.mutable_input_json())) return ExitCode::kUsage;

  v1::SubmitReply reply;
  if (const grpc::Status status = call.client().Submit(request, &reply); !status.ok()) return Failed(status);
  if (reply.already_known()) Complain(absl::StrCat(reply.transaction().gid(), " is known already: nothing was started"));
  call.Print(reply.transaction());
  if (!request.wait()) return ExitCode::kOk;
  const ExitCode outcome = OutcomeOf(reply.transaction());
  if (outcome == ExitCode::kTimeout) Complain(absl::StrCat("still open: sagactl wait ", reply.transaction().gid()));
  return outcome;
}

}  // namespace

Command SubmitCommand() {
  return {"submit",
          "DEFINITION",
          "start a transaction from a saga definition",
          "Submitting the same gid again finds the first one and starts nothing.",
          1,
          1,
          true,
          AddOptions,
          Run};
}

}  // namespace saga::cli
