#include "cli/help.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/options.h"

namespace saga::cli {

namespace {

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

Data goes to standard output, talk to standard error. Colour appears on a terminal only, and not with NO_COLOR set.
)";

size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Overview() {
  std::string text =
      "sagactl looks into a running sagad and steers it: which global transactions there are, what each\n"
      "waits for, and what to do about it.\n\nUsage: sagactl COMMAND [ARGUMENTS] [OPTIONS]\n\nCommands:\n";
  for (const Command& command : Commands()) {
    text += absl::StrCat("  ", command.name, std::string(14 - strlen(command.name), ' '), command.summary, "\n");
  }
  text += "  help          this, or: help COMMAND, help exit-codes, help output\n\n";
  text += kExamples;
  text += "\nThe server is 127.0.0.1:36790 unless --server or SAGAD_SERVER says otherwise.\n";
  return text;
}

std::string HelpOn(const std::string& topic) {
  if (topic == "exit-codes") return kExitCodeHelp;
  if (topic == "output") return kOutputHelp;
  for (const Command& command : Commands()) {
    if (topic == command.name) return OptionsOf(command).help();
  }
  return "";
}

std::string Suggestion(const std::string& word) {
  std::string best;
  size_t least = 3;  // further away than two slips of the finger is another word
  for (const Command& command : Commands()) {
    const size_t distance = Distance(word, command.name);
    if (distance < least) {
      least = distance;
      best = command.name;
    }
  }
  return best.empty() ? "" : absl::StrCat("; did you mean \"", best, "\"?");
}

}  // namespace saga::cli
