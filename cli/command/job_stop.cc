#include "cli/command/command.h"
#include "cli/command/job_run.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  if (!HasReason(call, "job stop needs --reason: whoever finds it half done will ask"))
    return ExitCode::kUsage;
  const std::string& token = call.arguments().front();
  v1::Job job;
  const grpc::Status status = call.dead_letters().StopJob(token, call.Text("reason"), &job);
  if (!status.ok()) return Failed(status, token);
  PrintJob(call, job);
  return ExitCode::kOk;
}

}  // namespace

Command JobStopCommand() {
  return {"job stop",
          "TOKEN",
          "start nothing more of a job",
          "What is under way ends as it ends; the rest stays dead and can be selected again.",
          1,
          1,
          false,
          AddHistoryReason,
          Run};
}

}  // namespace saga::cli
