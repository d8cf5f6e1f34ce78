#include "cli/command/import_plan.h"

#include <iostream>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/command/payload_change.h"
#include "cli/command/read_file.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/table.h"
#include "cli/printer/terminal.h"
#include "cli/printer/text.h"

namespace saga::cli {

namespace {

using Act = PlannedItem::Act;

const char* WordOf(Act act) {
  switch (act) {
    case Act::kReplay:
      return "replay";
    case Act::kEditAndReplay:
      return "edit, replay";
    case Act::kRefused:
      return "refused";
  }
  return "";
}

void Refuse(PlannedItem& planned, std::string why) {
  planned.act = Act::kRefused;
  planned.text = std::move(why);
}

// Nothing else is wrong with the item: it is the death that was exported, or it is not.
void Decide(const v1::DeadLetter& letter, PlannedItem& planned) {
  if (letter.death() != planned.item.death) {
    return Refuse(planned, absl::StrCat("it has died again: the file is about death ",
                                        planned.item.death, ", now it is ", letter.death()));
  }
  if (!planned.item.payload.has_value() || *planned.item.payload == letter.payload()) return;
  if (std::string problem = PayloadProblem(letter.payload(), *planned.item.payload);
      !problem.empty()) {
    return Refuse(planned, std::move(problem));
  }
  planned.act = Act::kEditAndReplay;
}

}  // namespace

ExitCode ReadItems(const std::string& file, std::vector<PlannedItem>* plan) {
  std::string text;
  if (!ReadFile(file, &text)) return ExitCode::kUsage;
  std::set<std::string> names;
  size_t number = 0;
  for (const auto& line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty()) continue;
    PlannedItem planned;
    std::string problem = ImportLine(std::string(line), &planned.item);
    if (problem.empty() && !names.insert(NameText(planned.item.name)).second)
      problem = "names a dead letter that an earlier line has";
    if (!problem.empty()) {
      Complain(absl::StrCat(file, ", line ", number, ": ", problem));
      return ExitCode::kUsage;
    }
    plan->push_back(std::move(planned));
  }
  return ExitCode::kOk;
}

ExitCode CheckItems(Call& call, std::vector<PlannedItem>* plan) {
  for (PlannedItem& planned : *plan) {
    v1::DeadLetter letter;
    const grpc::Status status = call.dead_letters().Get(planned.item.name, &letter);
    if (status.ok()) {
      Decide(letter, planned);
      continue;
    }
    const ExitCode code = FromStatus(status);
    const bool about_it =
        code == ExitCode::kNotFound || code == ExitCode::kState || code == ExitCode::kUsage;
    if (!about_it) return Failed(status, NameText(planned.item.name));
    Refuse(planned, status.error_message());
  }
  return ExitCode::kOk;
}

ExitCode EditItems(Call& call, std::vector<PlannedItem>* plan) {
  for (PlannedItem& planned : *plan) {
    if (planned.act != Act::kEditAndReplay) continue;
    v1::ActOnDeadLetterRequest request;
    *request.mutable_name() = planned.item.name;
    request.set_death(planned.item.death);
    request.set_act("edit");
    request.set_payload(*planned.item.payload);
    *request.mutable_actor() = Connection::Actor(call.Text("reason"));
    v1::DeadLetter letter;
    const grpc::Status status = call.dead_letters().Act(request, &letter);
    if (status.ok()) continue;
    const ExitCode code = FromStatus(status);
    if (code == ExitCode::kUnreachable || code == ExitCode::kTimeout)
      return Failed(status, NameText(planned.item.name));
    Refuse(planned, status.error_message());
  }
  return ExitCode::kOk;
}

void PrintPlan(const Call& call, const std::vector<PlannedItem>& plan) {
  if (call.Machine()) {
    std::vector<nlohmann::ordered_json> json;
    for (const PlannedItem& planned : plan) {
      json.push_back({{"gid", planned.item.name.gid()},
                      {"branch_id", planned.item.name.branch_id()},
                      {"op", planned.item.name.op()},
                      {"death", planned.item.death},
                      {"act", WordOf(planned.act)},
                      {"text", planned.text}});
    }
    PrintJson(call, json);
    return;
  }
  Table table({"NAME", "DEATH", "ACT", "WHY"});
  for (const PlannedItem& planned : plan) {
    table.Add(
        {OneLine(NameText(planned.item.name)), absl::StrCat(planned.item.death),
         Paint(WordOf(planned.act), planned.act == Act::kRefused ? Colour::kBad : Colour::kPlain),
         Cell(planned.text)});
  }
  std::cout << table.Text();
}

}  // namespace saga::cli
