#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/printer/terminal.h"

namespace saga::cli {
namespace {

ExitCode Help(const std::vector<std::string>& words) {
  const std::string text = words.empty() ? Overview() : HelpOn(words.front());
  if (text.empty()) {
    Complain(absl::StrCat("no help on \"", words.front(), "\"", Suggestion(words.front())));
    return ExitCode::kUsage;
  }
  std::cout << text;
  return ExitCode::kOk;
}

ExitCode Run(const Command& command, int argc, char** argv) {
  cxxopts::Options options = OptionsOf(command);
  try {
    const cxxopts::ParseResult parsed = options.parse(argc, argv);
    if (parsed.count("help") > 0) {
      std::cout << options.help({"", "All commands"});
      return ExitCode::kOk;
    }
    std::vector<std::string> arguments;
    if (parsed.count("arguments") > 0) arguments = parsed["arguments"].as<std::vector<std::string>>();
    if (arguments.size() < command.min_arguments || arguments.size() > command.max_arguments) {
      Complain(absl::StrCat("usage: sagactl ", command.name, " ", command.arguments, " [OPTIONS]; sagactl help ",
                            command.name, " tells more"));
      return ExitCode::kUsage;
    }
    Call call(parsed, std::move(arguments));
    if (!call.Problem().empty()) {
      Complain(call.Problem());
      return ExitCode::kUsage;
    }
    return command.run(call);
  } catch (const cxxopts::exceptions::exception& error) {
    Complain(absl::StrCat(error.what(), "; sagactl help ", command.name, " lists its options"));
    return ExitCode::kUsage;
  }
}

ExitCode Main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "-h") {
    return Help(words.size() > 1 ? std::vector<std::string>(words.begin() + 1, words.end()) : std::vector<std::string>());
  }
  const std::string name = words[0] == "--version" ? "version" : words[0];
  for (const Command& command : Commands()) {
    if (name == command.name) return Run(command, argc - 1, argv + 1);
  }
  Complain(absl::StrCat("there is no command \"", words[0], "\"", Suggestion(words[0]), " (sagactl help lists them)"));
  return ExitCode::kUsage;
}

}  // namespace
}  // namespace saga::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `sagactl list | head` ends quietly
  return static_cast<int>(saga::cli::Main(argc, argv));
}
