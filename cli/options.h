#pragma once

#include <string>

#include <cxxopts.hpp>

#include "cli/command/command.h"

namespace saga::cli {

// The command line of a command: its own options, and those that all commands have. Arguments that
// are no options come out as ParseResult::unmatched().
cxxopts::Options OptionsOf(const Command& command);

// What is wrong with an option that `options` does not have, and which one may be meant.
std::string ExplainUnknown(const cxxopts::Options& options,
                           const cxxopts::exceptions::no_such_option& error);

}  // namespace saga::cli
