#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/printer/destination_json.h"
#include "cli/printer/destinations.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  add("limit", "how many of the waiting messages are shown",
      cxxopts::value<std::string>()->default_value("20"), "N");
}

ExitCode Run(Call& call) {
  const std::string text = call.options()["limit"].as<std::string>();
  uint32_t limit = 0;
  if (!absl::SimpleAtoi(text, &limit) || limit < 1) {
    Complain(absl::StrCat("--limit is a number from 1, not \"", text, "\""));
    return ExitCode::kUsage;
  }
  v1::Outbox outbox;
  if (const grpc::Status status = call.destinations().Outbox(limit, &outbox); !status.ok())
    return Failed(status);
  if (call.Machine()) {
    PrintJson(call, ToJson(outbox));
  } else {
    std::cout << OutboxText(outbox, call.time_style(), call.now());
  }
  return ExitCode::kOk;
}

}  // namespace

Command OutboxCommand() {
  return {"outbox",
          "",
          "what waits to be published to Kafka, and whether the broker is there",
          "Commands of the fallback, events and copies of dead letters: stored with their cause, "
          "published in order.",
          0,
          0,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
