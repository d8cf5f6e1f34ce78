#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/filter_argument.h"
#include "cli/command/job_limits.h"
#include "cli/command/job_run.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/jobs.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

constexpr uint32_t kMostShown = 20;

void AddOptions(cxxopts::OptionAdder& add) {
  AddFilter(add);
  AddText(add, "execute", "replay the selection of this token", "TOKEN");
  AddExecution(add);
}

void PrintSelection(const Call& call, const v1::Job& job, const v1::GroupDeadLettersReply& groups,
                    const v1::JobLimits& limits) {
  if (call.Machine()) {
    nlohmann::ordered_json json = ToJson(job);
    json["groups"] = nlohmann::ordered_json::array();
    for (const v1::DeadLetterGroup& group : groups.groups())
      json["groups"].push_back(ToJson(group));
    PrintJson(call, json);
    return;
  }
  std::cout << GroupTable(groups, call.time_style(), call.now()) << "\n" << ItemTable(job);
  const uint64_t shown = static_cast<uint64_t>(job.items_size());
  if (job.total() > shown) {
    std::cout << "and " << job.total() - shown << " more: sagactl job describe " << job.token()
              << " --items all --from " << shown << "\n";
  }
  std::cout << "\n"
            << job.total() << " selected, nothing was done yet. To replay exactly these:\n  "
            << ExecuteCommand(job.token(), limits) << "\n";
}

// Freezes what the filter means and shows it.
ExitCode Select(Call& call, const std::string& filter) {
  v1::JobLimits limits;
  if (!ReadLimits(call, &limits)) return ExitCode::kUsage;
  v1::SelectDeadLettersRequest request;
  request.set_filter(filter);
  v1::Job selected;
  if (const grpc::Status status = call.dead_letters().Select(request, &selected); !status.ok())
    return FailedFilter(status, filter);
  v1::GetJobRequest items;
  items.set_token(selected.token());
  items.set_item_limit(kMostShown);
  v1::Job job;
  if (const grpc::Status status = call.dead_letters().GetJob(items, &job); !status.ok())
    return Failed(status, selected.token());
  v1::GroupDeadLettersReply groups;
  if (const grpc::Status status = call.dead_letters().Group(filter, &groups); !status.ok())
    return Failed(status);
  PrintSelection(call, job, groups, limits);
  return ExitCode::kOk;
}

ExitCode Run(Call& call) {
  std::string filter;
  if (!ReadFilter(call, &filter)) return ExitCode::kUsage;
  if (!call.Has("execute")) {
    if (!call.Has("reason") && !call.Has("detach")) return Select(call, filter);
    Complain(
        "without --execute TOKEN nothing is replayed; sagactl dlq replay FILTER shows a token");
    return ExitCode::kUsage;
  }
  if (!filter.empty()) {
    Complain("--execute replays what its token names; a filter belongs to the selection before");
    return ExitCode::kUsage;
  }
  if (!HasReason(call, "dlq replay --execute needs --reason: it goes into every item's history"))
    return ExitCode::kUsage;
  return ExecuteJob(call, call.Text("execute"));
}

}  // namespace

Command DlqReplayCommand() {
  return {"dlq replay",
          "[FILTER]",
          "call dead letters again: select, look, then --execute the token",
          "Without --execute nothing is done: it shows what the filter means and a token that "
          "names exactly these items for a day. sagactl help replay goes through it step by step, "
          "sagactl help filter explains FILTER. Exit codes of --execute: 0 every item is done, 5 "
          "some failed or were skipped, or it was stopped, 4 the token was executed already.",
          0,
          kMostFilterWords,
          true,
          AddOptions,
          Run};
}

}  // namespace saga::cli
