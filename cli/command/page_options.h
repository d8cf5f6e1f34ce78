#pragma once

// --limit and --all of what comes in pages.

#include <cstdint>

#include "cli/command/command.h"

namespace saga::cli {

void AddPageOptions(cxxopts::OptionAdder& add);

// False: complained what is wrong.
bool ReadLimit(const Call& call, uint32_t* limit);

// Says that there is more than was shown.
void SayThereIsMore();

}  // namespace saga::cli
