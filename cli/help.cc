#include "cli/help.h"

#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/options.h"
#include "cli/suggestion.h"

namespace saga::cli {

namespace {

constexpr size_t kNameColumn = 14;

constexpr char kExamples[] = R"(Examples:
  sagactl list --open                                     what has not ended yet
  sagactl submit order_paid --gid order-42 --input order.json --wait
  sagactl describe order-42                               why it waits, and until when
)";

constexpr char kOutputHelp[] = R"(Output of sagactl:

  -o table   for people; times are relative on a terminal and RFC 3339 elsewhere (--time overrides)
  -o wide    with more columns
  -o json    one JSON value; field names are stable, fields are only ever added
  -o jsonl   one JSON object a line; list prints pages as they come

Data goes to standard output, talk to standard error. Colour appears on a terminal only, and not
with NO_COLOR set. cli/README.md lists the fields.
)";

constexpr char kEnvironmentHelp[] = R"(Environment of sagactl:

  SAGACTL_SERVER   address of sagad, when --server does not say otherwise
  NO_COLOR       when set to anything but the empty string: no colour
)";

}  // namespace

std::string Overview() {
  std::string text =
      "sagactl looks into a running sagad and steers it: which global transactions there are, what "
      "each\n"
      "waits for, and what to do about it.\n\n"
      "Usage: sagactl COMMAND [ARGUMENTS] [OPTIONS]\n\n"
      "Commands:\n";
  const auto line = [&](const char* name, const char* summary) {
    absl::StrAppend(&text, "  ", name, std::string(kNameColumn - strlen(name), ' '), summary, "\n");
  };
  for (const Command& command : Commands()) line(command.name, command.summary);
  line("help", "this, or: help COMMAND, help exit-codes, help output, help environment");
  absl::StrAppend(
      &text, "\n", kExamples,
      "\nThe server is 127.0.0.1:36790 unless --server or SAGACTL_SERVER says otherwise."
      "\n-o json prints JSON; sagactl help COMMAND lists all options.\n");
  return text;
}

std::string HelpOn(const std::string& topic) {
  if (topic == "help") return Overview();
  if (topic == "exit-codes") return kExitCodeHelp;
  if (topic == "output") return kOutputHelp;
  if (topic == "environment") return kEnvironmentHelp;
  for (const Command& command : Commands()) {
    if (topic == command.name) return OptionsOf(command).help();
  }
  return "";
}

std::string Suggestion(const std::string& word) {
  std::vector<std::string> known = {"help", "exit-codes", "output", "environment"};
  for (const Command& command : Commands()) known.push_back(command.name);
  return DidYouMean(word, known);
}

}  // namespace saga::cli
