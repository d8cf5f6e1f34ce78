#pragma once

#include <cxxopts.hpp>

#include "cli/command/command.h"

namespace saga::cli {

// The command line of a command: its own options, and those that all commands have.
cxxopts::Options OptionsOf(const Command& command);

}  // namespace saga::cli
