#pragma once

#include <string>

#include "orchestrator/app/command_line.h"

namespace saga::app {

// What `sagad help COMMAND` prints of the commands that look after a store; empty for others.
std::string CareHelp(Command command);

}  // namespace saga::app
