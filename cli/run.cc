#include "cli/run.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/command_line.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/printer/terminal.h"
#include "cli/version.h"

namespace saga::cli {

namespace {

ExitCode Help(const std::string& topic) {
  const std::string text = topic.empty() ? Overview() : HelpOn(topic);
  if (text.empty()) {
    Complain(absl::StrCat("no help on \"", topic, "\"", Suggestion(topic)));
    return ExitCode::kUsage;
  }
  std::cout << text;
  return ExitCode::kOk;
}

// What is wrong with the number of arguments; empty: nothing.
std::string CountProblem(const Command& command, const std::vector<std::string>& arguments) {
  const std::string usage =
      absl::StrCat("usage: sagactl ", command.name, *command.arguments == '\0' ? "" : " ",
                   command.arguments, " [OPTIONS]; sagactl help ", command.name, " tells more");
  if (arguments.size() < command.min_arguments)
    return absl::StrCat(command.name, " needs ", command.arguments, "; ", usage);
  if (arguments.size() > command.max_arguments) {
    return absl::StrCat("one argument too many: \"", arguments[command.max_arguments], "\"; ",
                        usage);
  }
  return "";
}

ExitCode Run(const Command& command, const std::vector<std::string>& words) {
  cxxopts::Options options = OptionsOf(command);
  std::vector<const char*> argv = {command.name};
  for (const std::string& word : words) argv.push_back(word.c_str());
  try {
    const cxxopts::ParseResult parsed = options.parse(static_cast<int>(argv.size()), argv.data());
    const std::vector<std::string>& arguments = parsed.unmatched();
    if (const std::string problem = CountProblem(command, arguments); !problem.empty()) {
      Complain(problem);
      return ExitCode::kUsage;
    }
    Call call(parsed, arguments);
    if (!call.Problem().empty()) {
      Complain(call.Problem());
      return ExitCode::kUsage;
    }
    return command.run(call);
  } catch (const cxxopts::exceptions::no_such_option& error) {
    Complain(absl::StrCat(ExplainUnknown(options, error), " (sagactl help ", command.name,
                          " lists its options)"));
  } catch (const cxxopts::exceptions::exception& error) {
    Complain(absl::StrCat(error.what(), " (sagactl help ", command.name, " lists its options)"));
  }
  return ExitCode::kUsage;
}

std::vector<std::string> NounNames() {
  std::vector<std::string> names;
  for (const Noun& noun : Nouns()) names.push_back(noun.name);
  return names;
}

// A noun without a verb: what could follow it.
ExitCode AskForVerb(const std::string& noun) {
  std::string verbs;
  for (const Command* const command : CommandsOf(noun))
    absl::StrAppend(&verbs, verbs.empty() ? "" : ", ", command->name + noun.size() + 1);
  Complain(absl::StrCat(noun, " is followed by one of: ", verbs, " (sagactl help ", noun,
                        " tells more)"));
  return ExitCode::kUsage;
}

}  // namespace

ExitCode RunCommandLine(const std::vector<std::string>& words) {
  const CommandLine line = Split(words, NounNames());
  if (line.command == "help") return Help(Split(line.rest, NounNames()).command);
  if (line.command.empty()) {
    if (line.version) {
      std::cout << "sagactl " << kVersion << "\n";
      return ExitCode::kOk;
    }
    if (line.help || words.empty()) return Help("");
    Complain("which command? sagactl help lists them");
    return ExitCode::kUsage;
  }
  for (const Command& command : Commands()) {
    if (line.command != command.name) continue;
    return line.help ? Help(command.name) : Run(command, line.rest);
  }
  for (const Noun& noun : Nouns()) {
    if (line.command == noun.name) return line.help ? Help(noun.name) : AskForVerb(noun.name);
  }
  Complain(absl::StrCat("there is no command \"", line.command, "\"", Suggestion(line.command),
                        " (sagactl help lists them)"));
  return ExitCode::kUsage;
}

}  // namespace saga::cli
