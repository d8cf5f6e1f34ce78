#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/import_plan.h"
#include "cli/command/job_run.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/terminal.h"

namespace saga::cli {

namespace {

using Act = PlannedItem::Act;

constexpr uint32_t kItemPage = 1000;

void AddOptions(cxxopts::OptionAdder& add) {
  add("execute", "do it; without it, only the plan is shown");
  AddExecution(add);
}

size_t Count(const std::vector<PlannedItem>& plan, Act act) {
  size_t count = 0;
  for (const PlannedItem& planned : plan) count += planned.act == act ? 1 : 0;
  return count;
}

// Whether the selection is what was planned: an item may have been replayed and have died again in
// between.
bool SameDeaths(const std::vector<PlannedItem>& plan, const std::vector<v1::JobItem>& items) {
  std::map<std::string, uint32_t> deaths;
  for (const PlannedItem& planned : plan) {
    if (planned.act != Act::kRefused) deaths[NameText(planned.item.name)] = planned.item.death;
  }
  if (deaths.size() != items.size()) return false;
  for (const v1::JobItem& item : items) {
    const auto found = deaths.find(NameText(item.name()));
    if (found == deaths.end() || found->second != item.death()) return false;
  }
  return true;
}

// Selects what was not refused and executes it.
ExitCode Replay(Call& call, const std::vector<PlannedItem>& plan) {
  v1::SelectDeadLettersRequest request;
  for (const PlannedItem& planned : plan) {
    if (planned.act != Act::kRefused) *request.add_names() = planned.item.name;
  }
  v1::Job selected;
  if (const grpc::Status status = call.dead_letters().Select(request, &selected); !status.ok())
    return Failed(status);
  std::vector<v1::JobItem> items;
  v1::GetJobRequest page;
  page.set_token(selected.token());
  page.set_item_limit(kItemPage);
  for (v1::Job job; items.size() < selected.total();) {
    page.set_item_from(static_cast<uint32_t>(items.size()));
    if (const grpc::Status status = call.dead_letters().GetJob(page, &job); !status.ok())
      return Failed(status, selected.token());
    if (job.items().empty()) break;
    items.insert(items.end(), job.items().begin(), job.items().end());
  }
  if (!SameDeaths(plan, items)) {
    Complain("some of them died again just now: nothing is replayed; export them anew");
    return ExitCode::kState;
  }
  return ExecuteJob(call, selected.token());
}

ExitCode Run(Call& call) {
  const bool execute = call.Has("execute");
  if (execute &&
      !HasReason(call, "dlq import --execute needs --reason: it goes into every item's history"))
    return ExitCode::kUsage;
  std::vector<PlannedItem> plan;
  if (const ExitCode code = ReadItems(call.arguments().front(), &plan); code != ExitCode::kOk)
    return code;
  if (const ExitCode code = CheckItems(call, &plan); code != ExitCode::kOk) return code;
  if (execute) {
    if (const ExitCode code = EditItems(call, &plan); code != ExitCode::kOk) return code;
  }
  const size_t refused = Count(plan, Act::kRefused);
  const std::string counts =
      absl::StrCat(Count(plan, Act::kReplay), " to replay, ", Count(plan, Act::kEditAndReplay),
                   " to edit and replay, ", refused, " refused");
  if (!execute) {
    PrintPlan(call, plan);
    Complain(absl::StrCat(counts, "; nothing was done: --execute --reason '...' does it"));
    return refused == 0 ? ExitCode::kOk : ExitCode::kPartial;
  }
  for (const PlannedItem& planned : plan) {
    if (planned.act == Act::kRefused)
      Complain(absl::StrCat(NameText(planned.item.name), " is refused: ", planned.text));
  }
  Complain(counts);
  if (refused == plan.size()) return plan.empty() ? ExitCode::kOk : ExitCode::kState;
  const ExitCode code = Replay(call, plan);
  return code == ExitCode::kOk && refused > 0 ? ExitCode::kPartial : code;
}

}  // namespace

Command DlqImportCommand() {
  return {"dlq import",
          "FILE",
          "replay the dead letters of an exported file, with the payloads it has now",
          "Without --execute nothing is done: it shows what would be. An item that is not dead any "
          "more, or has died again since the export, is refused. Payloads are edited with, for "
          "example, jq -c '.payload_base64 |= (@base64d | fromjson | .quantity = 1 | tojson | "
          "@base64)'. `-` reads standard input.",
          1,
          1,
          true,
          AddOptions,
          Run};
}

}  // namespace saga::cli
