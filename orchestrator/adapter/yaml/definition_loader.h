#pragma once

// Saga definitions from files. sagas/README.md describes the format.

#include <string>
#include <vector>

#include "orchestrator/adapter/yaml/substitution.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/port/definition_source.h"

namespace saga::adapter {

struct LoadedFolder {
  std::vector<port::LoadedDefinition> definitions;
  // Everything that is wrong, one line each: "file:line: field: what is wrong and what is allowed".
  // A file with a problem yields no definition, so a server that finds one should refuse to start.
  std::vector<std::string> problems;
};

// Reads every *.saga.yaml in `folder` (not in folders below it), in the order of their names. Two
// files may not define the same version of a name. Never throws. `limits` are for the inputs and
// payloads of what is started from them.
LoadedFolder LoadDefinitions(const std::string& folder,
                             const Environment& environment = ProcessEnvironment(),
                             const core::RequestLimits& limits = {});

// Reads one file's text; `file` is its path, which problems show and `protos` are relative to.
LoadedFolder LoadDefinition(const std::string& file, const std::string& text,
                            const Environment& environment = ProcessEnvironment(),
                            const core::RequestLimits& limits = {});

}  // namespace saga::adapter
