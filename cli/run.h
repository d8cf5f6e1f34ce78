#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"

namespace saga::cli {

// All of sagactl but the process: `words` is argv without the program.
ExitCode RunCommandLine(const std::vector<std::string>& words);

}  // namespace saga::cli
