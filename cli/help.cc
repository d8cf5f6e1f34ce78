#include "cli/help.h"

#include <array>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/command/command.h"
#include "cli/exit_code.h"
#include "cli/help_topics.h"
#include "cli/options.h"
#include "cli/suggestion.h"

namespace saga::cli {

namespace {

constexpr size_t kNameColumn = 24;

// Topics that are about no single command.
struct Topic {
  const char* name;
  const char* text;
};
constexpr std::array kTopics = {Topic{"filter", kFilterHelp}, Topic{"replay", kReplayHelp},
                                Topic{"exit-codes", kExitCodeHelp}, Topic{"output", kOutputHelp},
                                Topic{"environment", kEnvironmentHelp}};

constexpr char kExamples[] = R"(Examples:
  sagactl list --open                                     what has not ended yet
  sagactl submit order_paid --gid order-42 --input order.json --wait
  sagactl describe order-42                               why it waits, and until when
  sagactl dlq replay 'dest=product and age<1h'            select; --execute comes after
)";

std::string Line(const std::string& name, const std::string& summary) {
  const size_t blanks = name.size() + 2 > kNameColumn ? 2 : kNameColumn - name.size();
  return absl::StrCat("  ", name, std::string(blanks, ' '), summary, "\n");
}

std::string Lines(const std::string& noun) {
  std::string text;
  for (const Command* const command : CommandsOf(noun))
    text += Line(command->name, command->summary);
  return text;
}

std::string HelpOnNoun(const Noun& noun) {
  return absl::StrCat(noun.name, ": ", noun.summary, "\n\nUsage: sagactl ", noun.name,
                      " COMMAND [ARGUMENTS] [OPTIONS]\n\nCommands:\n", Lines(noun.name),
                      "\nsagactl help ", CommandsOf(noun.name).front()->name,
                      " lists the options of that command.\n");
}

}  // namespace

std::string Overview() {
  std::string text =
      "sagactl looks into a running sagad and steers it: which global transactions there are, what "
      "each\n"
      "waits for, and what to do about it.\n\n"
      "Usage: sagactl COMMAND [ARGUMENTS] [OPTIONS]\n\n"
      "Commands:\n";
  text += Lines("");
  std::string topics = "this, or about: COMMAND";
  for (const Topic& topic : kTopics) absl::StrAppend(&topics, ", ", topic.name);
  text += Line("help", topics);
  for (const Noun& noun : Nouns())
    absl::StrAppend(&text, "\n", noun.name, ": ", noun.summary, "\n", Lines(noun.name));
  absl::StrAppend(
      &text, "\n", kExamples,
      "\nThe server is 127.0.0.1:36790 unless --server or SAGACTL_SERVER says otherwise."
      "\n-o json prints JSON; sagactl help COMMAND lists all options.\n");
  return text;
}

std::string HelpOn(const std::string& topic) {
  if (topic == "help") return Overview();
  for (const Topic& known : kTopics) {
    if (topic == known.name) return known.text;
  }
  for (const Command& command : Commands()) {
    if (topic == command.name) return OptionsOf(command).help();
  }
  for (const Noun& noun : Nouns()) {
    if (topic == noun.name) return HelpOnNoun(noun);
  }
  return "";
}

std::string Suggestion(const std::string& word) {
  std::vector<std::string> known = {"help"};
  for (const Noun& noun : Nouns()) {
    known.push_back(noun.name);
    // Whoever has the noun right has the verb wrong.
    if (!absl::StartsWith(word, absl::StrCat(noun.name, " "))) continue;
    known.clear();
    for (const Command* const command : CommandsOf(noun.name)) known.push_back(command->name);
    return DidYouMean(word, known);
  }
  for (const Topic& topic : kTopics) known.push_back(topic.name);
  for (const Command& command : Commands()) {
    // Whoever forgets the noun means the first one that can be done to.
    if (absl::EndsWith(command.name, absl::StrCat(" ", word)))
      return absl::StrCat("; did you mean \"", command.name, "\"?");
    known.push_back(command.name);
  }
  return DidYouMean(word, known);
}

}  // namespace saga::cli
