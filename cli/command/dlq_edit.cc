#include <unistd.h>

#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command/dead_letter_argument.h"
#include "cli/command/payload_change.h"
#include "cli/command/payload_editor.h"
#include "cli/command/read_file.h"
#include "cli/printer/dead_letters.h"
#include "cli/printer/diff.h"
#include "cli/printer/json.h"
#include "cli/printer/payload.h"
#include "cli/printer/terminal.h"
#include "cli/printer/transactions.h"

namespace saga::cli {

namespace {

void AddOptions(cxxopts::OptionAdder& add) {
  AddText(add, "payload", "file with the new payload, - for standard input", "FILE");
  add("set", "change one value of a JSON payload, like items.0.quantity=1; may stand several times",
      cxxopts::value<std::vector<std::string>>(), "PATH=VALUE");
  add("execute", "do it; without it, only the difference is shown");
  AddText(add, "reason", "why, for the history (required to execute)", "TEXT");
}

// The new payload by hand. `file` is where it can be found again.
std::string ByEditor(const std::string& before, std::string* after, std::string* file) {
  const bool pretty = IsRewritable(before);
  *after = pretty ? ShowPayload(before) : before;
  const std::string shown = *after;
  if (std::string problem = EditText(after, file); !problem.empty()) return problem;
  if (*after == shown) *after = before;
  // Written as the payload was, as far as it is known how that is.
  if (pretty && IsRewritable(*after) && !absl::StrContains(before, '\n'))
    *after = nlohmann::ordered_json::parse(*after).dump();
  return "";
}

// The payload that the options ask for. Anything but kOk: complained.
ExitCode NewPayload(const Call& call, const std::string& before, std::string* after,
                    std::string* file) {
  if (call.Has("payload") && call.Has("set")) {
    Complain("--payload and --set: one of them is enough");
    return ExitCode::kUsage;
  }
  *after = before;
  std::string problem;
  if (call.Has("payload")) {
    if (!ReadFile(call.Text("payload"), after)) return ExitCode::kUsage;
  } else if (call.Has("set")) {
    problem = SetValues(call.options()["set"].as<std::vector<std::string>>(), after);
  } else if (isatty(STDIN_FILENO) == 1 && StdoutIsTerminal()) {
    problem = ByEditor(before, after, file);
  } else {
    problem = "dlq edit needs --payload FILE or --set PATH=VALUE, or a terminal for $EDITOR";
  }
  if (problem.empty()) problem = PayloadProblem(before, *after);
  if (problem.empty()) return ExitCode::kOk;
  Complain(problem);
  if (!file->empty()) Complain(absl::StrCat("what you wrote is in ", *file));
  return ExitCode::kUsage;
}

void PrintChange(const Call& call, const v1::DeadLetter& letter, const std::string& after,
                 bool executed) {
  if (!call.Machine()) {
    std::cout << UnifiedDiff(ShowPayload(letter.payload()), ShowPayload(after));
    return;
  }
  const nlohmann::ordered_json json = {{"gid", letter.name().gid()},
                                       {"branch_id", letter.name().branch_id()},
                                       {"op", letter.name().op()},
                                       {"death", letter.death()},
                                       {"payload_before", ShowBytes(letter.payload())},
                                       {"payload", ShowBytes(after)},
                                       {"executed", executed}};
  PrintJson(call, json);
}

ExitCode Execute(Call& call, const v1::DeadLetter& letter, const std::string& after) {
  v1::ActOnDeadLetterRequest request;
  *request.mutable_name() = letter.name();
  request.set_death(letter.death());
  request.set_act("edit");
  request.set_payload(after);
  *request.mutable_actor() = Connection::Actor(call.Text("reason"));
  v1::DeadLetter edited;
  if (const grpc::Status status = call.dead_letters().Act(request, &edited); !status.ok())
    return Failed(status, NameText(letter.name()));
  PrintChange(call, letter, after, true);
  Complain(absl::StrCat(NameText(letter.name()),
                        " has its new payload and is still dead; sagactl dlq replay calls it"));
  return ExitCode::kOk;
}

ExitCode Run(Call& call) {
  const bool execute = call.Has("execute");
  if (execute &&
      !HasReason(call, "dlq edit --execute needs --reason: it changes what was asked for"))
    return ExitCode::kUsage;
  v1::DeadLetter letter;
  if (const ExitCode found = FindDeadLetter(call, call.arguments().front(), &letter);
      found != ExitCode::kOk)
    return found;
  std::string after;
  std::string file;
  if (const ExitCode code = NewPayload(call, letter.payload(), &after, &file);
      code != ExitCode::kOk)
    return code;
  if (after == letter.payload()) {
    Complain("the payload is as it was: nothing to do");
    if (!file.empty()) std::remove(file.c_str());
    return ExitCode::kOk;
  }
  if (execute) {
    const ExitCode code = Execute(call, letter, after);
    if (!file.empty() && code == ExitCode::kOk) std::remove(file.c_str());
    if (!file.empty() && code != ExitCode::kOk)
      Complain(absl::StrCat("what you wrote is in ", file));
    return code;
  }
  PrintChange(call, letter, after, false);
  Complain("nothing was done: --execute --reason '...' does it");
  if (!file.empty()) {
    Complain(absl::StrCat("what you wrote is in ", file, ": --payload ", ShellQuoted(file),
                          " takes it"));
  }
  return ExitCode::kOk;
}

}  // namespace

Command DlqEditCommand() {
  return {"dlq edit",
          kNameArgument,
          "give it another payload: shows the difference, --execute does it",
          "With neither --payload nor --set it opens $EDITOR. What was JSON has to stay JSON. The "
          "payload before is kept in the history; the dead letter stays dead until it is replayed. "
          "GID/BRANCH/OP is the name that dlq list shows, or as much of its beginning as only one "
          "dead letter has.",
          1,
          1,
          false,
          AddOptions,
          Run};
}

}  // namespace saga::cli
