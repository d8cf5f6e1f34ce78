#pragma once

// The filter of a command: its arguments, or --filter.

#include <string>

#include "cli/command/command.h"

namespace saga::cli {

// As many words as a shell may make of a filter without quotes.
inline constexpr size_t kMostFilterWords = 1000;

void AddFilter(cxxopts::OptionAdder& add);

// False: complained that there are two.
bool ReadFilter(const Call& call, std::string* filter);

// As Failed; shows the place in the filter that the status names.
ExitCode FailedFilter(const grpc::Status& status, const std::string& filter);

// Two blanks, the filter, and below it a mark at the character that `message` names; empty when it
// names none.
std::string MarkedFilter(const std::string& message, const std::string& filter);

}  // namespace saga::cli
