#include "cli/options.h"

#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "cli/suggestion.h"

namespace saga::cli {

namespace {

constexpr char kCommon[] = "Common";
constexpr size_t kHelpColumns = 100;

std::string DefaultServer() {
  const char* const server = std::getenv("SAGACTL_SERVER");
  return server != nullptr && *server != '\0' ? server : "127.0.0.1:36790";
}

// The word in quotes of cxxopts' text, the only place where it tells which option it was.
std::string Quoted(absl::string_view text) {
  const size_t begin = text.find(cxxopts::LQUOTE);
  const size_t end = text.rfind(cxxopts::RQUOTE);
  if (begin == absl::string_view::npos || end == absl::string_view::npos) return "";
  const size_t first = begin + cxxopts::LQUOTE.size();
  return first > end ? "" : std::string(text.substr(first, end - first));
}

// Lines of at most kHelpColumns columns, each ended.
std::string Wrapped(const std::string& text) {
  std::string lines;
  size_t column = 0;
  for (const auto& word : absl::StrSplit(text, ' ')) {
    const bool fits = column + 1 + word.size() <= kHelpColumns;
    if (column > 0) lines += fits ? ' ' : '\n';
    column = (column > 0 && fits ? column + 1 : 0) + word.size();
    absl::StrAppend(&lines, word);
  }
  return lines + "\n";
}

}  // namespace

cxxopts::Options OptionsOf(const Command& command) {
  const std::string details =
      *command.details == '\0' ? "" : absl::StrCat("\n", Wrapped(command.details));
  cxxopts::Options options(absl::StrCat("sagactl ", command.name),
                           absl::StrCat(command.name, ": ", command.summary, "\n", details));
  options.set_width(kHelpColumns);
  options.custom_help(
      absl::StrCat(command.arguments, *command.arguments == '\0' ? "" : " ", "[OPTIONS]"));
  cxxopts::OptionAdder own = options.add_options();
  command.add_options(own);
  cxxopts::OptionAdder common = options.add_options(kCommon);
  const auto text = [](const std::string& otherwise) {
    return cxxopts::value<std::string>()->default_value(otherwise);
  };
  common("o,output", "table, wide, json or jsonl", text("table"), "FORMAT");
  common("server", "address of sagad (or SAGACTL_SERVER)", text(DefaultServer()), "HOST:PORT");
  common("timeout", "give up after this long", text(command.can_wait ? "60s" : "10s"), "DURATION");
  common("time", "auto, relative or iso", text("auto"), "STYLE");
  common("h,help", "this text");
  return options;
}

std::string ExplainUnknown(const cxxopts::Options& options,
                           const cxxopts::exceptions::no_such_option& error) {
  const std::string name = Quoted(error.what());
  if (name.size() == 1) return absl::StrCat("there is no option -", name);
  std::vector<std::string> known;
  for (const std::string& group : options.groups()) {
    for (const auto& option : options.group_help(group).options) {
      for (const std::string& each : option.l) known.push_back(absl::StrCat("--", each));
    }
  }
  const std::string typed = absl::StrCat("--", name);
  return absl::StrCat("there is no option ", typed, DidYouMean(typed, known));
}

}  // namespace saga::cli
