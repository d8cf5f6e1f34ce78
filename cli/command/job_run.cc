#include "cli/command/job_run.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/command/job_limits.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/jobs.h"
#include "cli/printer/json.h"
#include "cli/printer/progress.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

constexpr absl::Duration kBetweenLooks = absl::Milliseconds(500);
// A job survives a restart of sagad; who follows it waits this long for one.
constexpr absl::Duration kRestart = absl::Seconds(60);
constexpr uint32_t kMostFailedShown = 10;

ExitCode CodeOf(const v1::Job& job) {
  return job.state() == "done" && job.done() == job.total() ? ExitCode::kOk : ExitCode::kPartial;
}

void SayWhatFailed(Call& call, const v1::Job& job) {
  if (job.failed() == 0) return;
  v1::GetJobRequest request;
  request.set_token(job.token());
  request.set_item_state("failed");
  request.set_item_limit(kMostFailedShown);
  v1::Job failed;
  if (!call.dead_letters().GetJob(request, &failed).ok()) return;
  for (const v1::JobItem& item : failed.items())
    Complain(absl::StrCat("failed: ", NameText(item.name()), ": ", item.text()));
  if (job.failed() > kMostFailedShown) {
    Complain(absl::StrCat("and ", job.failed() - kMostFailedShown, " more: sagactl job describe ",
                          job.token(), " --items failed"));
  }
}

ExitCode TellEnd(Call& call, const v1::Job& job) {
  SayWhatFailed(call, job);
  if (!job.stop_reason().empty()) Complain(absl::StrCat("stopped: ", job.stop_reason()));
  PrintJob(call, job);
  return CodeOf(job);
}

ExitCode StillOpen(Call& call, const v1::Job& job) {
  PrintJob(call, job);
  Complain(absl::StrCat("it goes on: sagactl job watch ", job.token()));
  return ExitCode::kTimeout;
}

}  // namespace

void AddExecution(cxxopts::OptionAdder& add) {
  AddLimits(add);
  AddText(add, "reason", "why, for the history (required to execute)", "TEXT");
  add("detach", "do not follow the job to its end");
}

void PrintJob(const Call& call, const v1::Job& job) {
  if (call.Machine()) {
    PrintJson(call, ToJson(job));
    return;
  }
  std::cout << Description(job, call.time_style(), call.now());
  if (job.items_size() > 0) std::cout << "\n" << ItemTable(job);
  const std::vector<std::string> next = NextCommands(job);
  if (!next.empty()) std::cout << "\nnext:\n";
  for (const std::string& command : next) std::cout << "  " << command << "\n";
}

ExitCode FollowJob(Call& call, const std::string& token) {
  const absl::Time deadline =
      call.Has("timeout") ? absl::Now() + call.timeout() : absl::InfiniteFuture();
  v1::GetJobRequest request;
  request.set_token(token);
  ProgressLine line;
  absl::Time silent_since = absl::InfiniteFuture();
  v1::Job job;
  for (;;) {
    const grpc::Status status = call.dead_letters().GetJob(request, &job);
    if (status.ok()) {
      silent_since = absl::InfiniteFuture();
      if (Ended(job)) {
        line.End();
        return TellEnd(call, job);
      }
      if (job.state() == "selected") {
        line.End();
        Complain(absl::StrCat(token, " was not executed: ", ExecuteCommand(token, {})));
        return ExitCode::kState;
      }
      line.Show(job, absl::Now());
    } else if (FromStatus(status) == ExitCode::kUnreachable &&
               absl::Now() - silent_since < kRestart) {
      if (silent_since == absl::InfiniteFuture()) {
        silent_since = absl::Now();
        line.End();
        Complain("sagad does not answer; the job goes on when it is back");
      }
    } else {
      line.End();
      return Failed(status, token);
    }
    if (absl::Now() + kBetweenLooks > deadline) {
      line.End();
      return StillOpen(call, job);
    }
    absl::SleepFor(kBetweenLooks);
  }
}

ExitCode ExecuteJob(Call& call, const std::string& token) {
  v1::ExecuteJobRequest request;
  request.set_token(token);
  if (!ReadLimits(call, request.mutable_limits())) return ExitCode::kUsage;
  *request.mutable_actor() = Connection::Actor(call.Text("reason"));
  v1::Job job;
  if (const grpc::Status status = call.dead_letters().Execute(request, &job); !status.ok()) {
    const ExitCode code = Failed(status, token);
    if (code == ExitCode::kTimeout || code == ExitCode::kUnreachable) {
      Complain(absl::StrCat("whether it was started is not known: sagactl job describe ", token,
                            " tells; the same command again is safe"));
    }
    return code;
  }
  if (call.Has("detach")) {
    PrintJob(call, job);
    return ExitCode::kOk;
  }
  Complain(absl::StrCat(job.total(), " items; the job goes on without this command, too: sagactl ",
                        "job watch ", token));
  return FollowJob(call, token);
}

}  // namespace saga::cli
