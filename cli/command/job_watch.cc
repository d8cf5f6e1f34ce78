#include "cli/command/command.h"
#include "cli/command/job_run.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) { return FollowJob(call, call.arguments().front()); }

}  // namespace

Command JobWatchCommand() {
  return {"job watch",
          "TOKEN",
          "follow a job to its end; the exit code says how",
          "0: every item is done, 5: some failed or were skipped, or it was stopped, 8: it goes on "
          "(--timeout, when it is given, ends the watching).",
          1,
          1,
          true,
          NoOptions,
          Run};
}

}  // namespace saga::cli
