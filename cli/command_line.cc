#include "cli/command_line.h"

#include <algorithm>
#include <array>

namespace saga::cli {

namespace {

// Options common to all commands whose value is the next word.
constexpr std::array kWithValue = {"-o", "--output", "--server", "--timeout", "--time"};

bool TakesNextWord(const std::string& word) {
  return std::find(kWithValue.begin(), kWithValue.end(), word) != kWithValue.end();
}

}  // namespace

CommandLine Split(const std::vector<std::string>& words, const std::vector<std::string>& nouns) {
  CommandLine line;
  bool wants_verb = false;     // the command is a noun so far
  bool options_ended = false;  // behind `--` everything is an argument
  bool value = false;          // the word belongs to the option before it
  for (const std::string& word : words) {
    const bool option = !options_ended && !value && word.size() > 1 && word[0] == '-';
    if (line.command.empty() && !option && !value && !word.empty()) {
      line.command = word;
      wants_verb = std::find(nouns.begin(), nouns.end(), word) != nouns.end();
      continue;
    }
    if (wants_verb && !option && !value && !word.empty()) {
      line.command += " " + word;
      wants_verb = false;
      continue;
    }
    if (option && (word == "--help" || word == "-h")) line.help = true;
    if (option && word == "--version" && line.command.empty()) line.version = true;
    if (option && word == "--") options_ended = true;
    value = option && TakesNextWord(word);
    line.rest.push_back(word);
  }
  return line;
}

}  // namespace saga::cli
