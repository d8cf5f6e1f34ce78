#pragma once

// What a definition says against what the configuration says. A definition is checked by itself
// when it is read (core::Validate); where it leaves a time to the server, the server's has to fit
// too (business.md pain 31: timeouts in the wrong order).

#include <string>
#include <vector>

#include "orchestrator/core/step.h"
#include "orchestrator/port/definition_source.h"

namespace saga::app {

// One line for each pair of times that stand in the wrong order, with both names: a call must be
// shorter than the pause before its repeat, and that shorter than the time for everything. Empty:
// all fit. Pure.
std::vector<std::string> CheckDefinitionTimes(
    const std::vector<port::LoadedDefinition>& definitions, const core::Settings& settings);

}  // namespace saga::app
