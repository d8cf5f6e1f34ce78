#pragma once

// How fast and how bold a replay goes, as options.

#include "cli/command/command.h"

namespace saga::cli {

void AddLimits(cxxopts::OptionAdder& add);

// False: complained what is wrong.
bool ReadLimits(const Call& call, v1::JobLimits* limits);

}  // namespace saga::cli
