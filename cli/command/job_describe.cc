#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/job_run.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddText(add, "items", "show its items: all, pending, running, done, failed or skipped", "STATE");
  add("from", "number of the first item shown, from 0",
      cxxopts::value<std::string>()->default_value("0"), "N");
  add("limit", "how many items at most", cxxopts::value<std::string>()->default_value("100"), "N");
}

// False: complained.
bool ReadNumber(const Call& call, const char* name, uint32_t* number) {
  const std::string text = call.options()[name].as<std::string>();
  if (absl::SimpleAtoi(text, number)) return true;
  Complain(absl::StrCat("--", name, " is a number from 0, not \"", text, "\""));
  return false;
}

ExitCode Run(Call& call) {
  v1::GetJobRequest request;
  request.set_token(call.arguments().front());
  uint32_t from = 0;
  uint32_t limit = 0;
  if (!ReadNumber(call, "from", &from) || !ReadNumber(call, "limit", &limit))
    return ExitCode::kUsage;
  if (call.Has("items")) {
    if (call.Text("items") != "all") request.set_item_state(call.Text("items"));
    request.set_item_from(from);
    request.set_item_limit(limit);
  }
  v1::Job job;
  if (const grpc::Status status = call.dead_letters().GetJob(request, &job); !status.ok())
    return Failed(status, request.token());
  PrintJob(call, job);
  if (job.items_size() > 0 && static_cast<uint32_t>(job.items_size()) == limit)
    Complain("there may be more: --from and --limit show other items");
  return ExitCode::kOk;
}

}  // namespace

Command JobDescribeCommand() {
  return {"job describe",
          "TOKEN",
          "everything about one job or selection; --items shows what it is made of",
          "total = pending + running + done + failed + skipped, always.",
          1,
          1,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
