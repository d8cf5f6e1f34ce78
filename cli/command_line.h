#pragma once

#include <string>
#include <vector>

namespace saga::cli {

// What was typed, taken apart as far as it needs no knowledge of the command.
struct CommandLine {
  // The first word that belongs to no option; of a noun, with the one behind it: "dlq list". Empty:
  // there is none.
  std::string command;
  bool help = false;              // --help or -h stands somewhere
  bool version = false;           // --version stands where the command belongs
  std::vector<std::string> rest;  // all but the command's words, in order
};

// `words` is argv without the program. Options that all commands have may stand before the command:
// `sagactl -o json list`. `nouns` are the words
// that begin a command of two.
CommandLine Split(const std::vector<std::string>& words,
                  const std::vector<std::string>& nouns = {});

}  // namespace saga::cli
