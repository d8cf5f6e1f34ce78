#include "cli/command/command.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddText(add, "reason",
          "why; it becomes the transaction's reason and part of its history (required)", "TEXT");
}

ExitCode Run(Call& call) {
  const std::string reason = call.Text("reason");
  if (reason.empty()) {
    Complain("abort needs --reason: whoever looks at this transaction later will want to know");
    return ExitCode::kUsage;
  }
  v1::Transaction transaction;
  const std::string& gid = call.arguments().front();
  if (const grpc::Status status = call.client().Abort(gid, reason, &transaction); !status.ok())
    return Failed(status, gid);
  call.Print(transaction);
  return ExitCode::kOk;
}

}  // namespace

Command AbortCommand() {
  return {
      "abort",
      "GID",
      "have a transaction undone",
      "A saga that runs, a TCC, XA or message that is prepared. What is decided cannot be taken "
      "back.",
      1,
      1,
      false,
      AddOptions,
      Run};
}

}  // namespace saga::cli
