#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/numbers.h"
#include "cli/command/command.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/jobs.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  add("limit", "how many, 1 to 1000", cxxopts::value<std::string>()->default_value("20"), "N");
}

ExitCode Run(Call& call) {
  const std::string text = call.options()["limit"].as<std::string>();
  uint32_t limit = 0;
  if (!absl::SimpleAtoi(text, &limit) || limit < 1 || limit > 1000) {
    Complain(absl::StrCat("--limit is a number from 1 to 1000, not \"", text, "\""));
    return ExitCode::kUsage;
  }
  v1::ListJobsReply reply;
  if (const grpc::Status status = call.dead_letters().ListJobs(limit, &reply); !status.ok())
    return Failed(status);
  if (call.Machine()) {
    std::vector<nlohmann::ordered_json> json;
    for (const v1::Job& job : reply.jobs()) json.push_back(ToJson(job));
    PrintJson(call, json);
  } else if (reply.jobs().empty()) {
    Complain("there is no job; sagactl dlq replay makes one");
  } else {
    std::cout << JobTable({reply.jobs().begin(), reply.jobs().end()},
                          call.output() == Output::kWide, call.time_style(), call.now());
  }
  return ExitCode::kOk;
}

}  // namespace

Command JobListCommand() {
  return {"job list",
          "",
          "jobs and selections, newest first",
          "A selection that nobody executes is forgotten after a day.",
          0,
          0,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
