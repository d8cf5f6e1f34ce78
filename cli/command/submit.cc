#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/read_file.h"
#include "cli/printer/json.h"
#include "cli/printer/terminal.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddText(add, "gid", "the transaction's gid; without it, the definition makes one from its key",
          "GID");
  AddText(add, "input", "file with a JSON object, - for standard input; without it, {}", "FILE");
  add("wait", "answer when it has ended or come to rest; the exit code says how");
  AddText(add, "reason", "why, for the history", "TEXT");
}

// A submit that came first is still trying the steps of a TCC. sagad takes a prepared transaction
// for one at rest, but this one goes on by itself, and ends or times out.
bool TriedByAnother(const v1::SubmitReply& reply) {
  return reply.already_known() && reply.transaction().status() == "prepared";
}

ExitCode Run(Call& call) {
  v1::SubmitRequest request;
  request.set_definition(call.arguments().front());
  request.set_gid(call.Text("gid"));
  request.set_wait(call.options().count("wait") > 0);
  *request.mutable_actor() = Connection::Actor(call.Text("reason"));
  request.set_input_json("{}");
  if (call.Has("input") && !ReadFile(call.Text("input"), request.mutable_input_json()))
    return ExitCode::kUsage;

  v1::SubmitReply reply;
  if (const grpc::Status status = call.client().Submit(request, &reply); !status.ok()) {
    const ExitCode code = Failed(status);
    const bool unsure =
        code == ExitCode::kTimeout || (code == ExitCode::kUnreachable &&
                                       !absl::StartsWith(status.error_message(), kNobodyAnswers));
    if (unsure) Complain("whether it was started is not known; the same command again is safe");
    return code;
  }
  if (reply.already_known())
    Complain(absl::StrCat(reply.transaction().gid(), " is known already: nothing was started"));
  if (request.wait() && TriedByAnother(reply)) {
    const std::string gid = reply.transaction().gid();
    if (const grpc::Status status = call.client().Wait(gid, reply.mutable_transaction());
        !status.ok()) {
      return Failed(status, gid);
    }
  }
  if (call.Machine()) {
    std::cout << Dump(ToJson(reply), call.output() == Output::kJsonl);
  } else {
    call.Print(reply.transaction());
  }
  if (!request.wait()) return ExitCode::kOk;
  const ExitCode outcome = OutcomeOf(reply.transaction());
  if (outcome == ExitCode::kTimeout)
    Complain(absl::StrCat("still open: sagactl wait ", GidArgument(reply.transaction().gid())));
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
