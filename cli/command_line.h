#pragma once

#include <string>
#include <vector>

namespace saga::cli {

// What was typed, taken apart as far as it needs no knowledge of the command.
struct CommandLine {
  std::string command;            // the first word that belongs to no option; empty: there is none
  bool help = false;              // --help or -h stands somewhere
  bool version = false;           // --version stands where the command belongs
  std::vector<std::string> rest;  // all but the command, in order
};

// `words` is argv without the program. Options that all commands have may stand before the command:
// `sagactl -o json list`.
CommandLine Split(const std::vector<std::string>& words);

}  // namespace saga::cli
