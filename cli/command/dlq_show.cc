#include <iostream>

#include "cli/command/command.h"
#include "cli/command/dead_letter_argument.h"
#include "cli/printer/dead_letter_json.h"
#include "cli/printer/dead_letters.h"

namespace saga::cli {

namespace {

ExitCode Run(Call& call) {
  v1::DeadLetter letter;
  const ExitCode found = FindDeadLetter(call, call.arguments().front(), &letter);
  if (found != ExitCode::kOk) return found;
  if (call.Machine()) {
    PrintJson(call, ToJson(letter, true));
  } else {
    std::cout << Description(letter, call.time_style(), call.now());
  }
  return ExitCode::kOk;
}

}  // namespace

Command DlqShowCommand() {
  return {"dlq show",
          kNameArgument,
          "everything about one dead letter, with its payload",
          kNameDetails,
          1,
          1,
          false,
          NoOptions,
          Run};
}

}  // namespace saga::cli
