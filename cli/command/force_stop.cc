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
    Complain("force-stop needs --reason: it leaves work half done, and somebody will ask why");
    return ExitCode::kUsage;
  }
  v1::Transaction transaction;
  const std::string& gid = call.arguments().front();
  if (const grpc::Status status = call.client().ForceStop(gid, reason, &transaction); !status.ok())
    return Failed(status, gid);
  call.Print(transaction);
  return ExitCode::kOk;
}

}  // namespace

Command ForceStopCommand() {
  return {
      "force-stop",
      "GID",
      "end a transaction as failed, undoing nothing",
      "The last resort, when it can neither go on nor be undone: nothing more is called, and what "
      "was done stays done. `abort` undoes.",
      1,
      1,
      false,
      AddOptions,
      Run};
}

}  // namespace saga::cli
