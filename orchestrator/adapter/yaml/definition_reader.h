#pragma once

// One *.saga.yaml as a core::SagaDefinition. sagas/README.md describes the format for its authors,
// sagas/saga.schema.json for their editors; a test keeps the schema's keys and these the same.

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/adapter/yaml/problem_list.h"
#include "orchestrator/adapter/yaml/substitution.h"
#include "orchestrator/core/definition.h"

namespace YAML {
class Node;
}  // namespace YAML

namespace saga::adapter {

// The keys of one kind of map in the file. Any other key is refused.
struct KeyGroup {
  std::string name;  // "definition", "key", "options", "step", "retry"
  std::vector<std::string> allowed;
  std::vector<std::string> required;
};
const std::vector<KeyGroup>& DefinitionKeys();

// Reads and validates (core::Validate). Nothing when a problem was added to `problems`. May throw
// YAML::Exception.
std::optional<core::SagaDefinition> ReadDefinition(const YAML::Node& document,
                                                   const Environment& environment,
                                                   ProblemList& problems);

}  // namespace saga::adapter
