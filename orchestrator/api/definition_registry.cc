#include "orchestrator/api/definition_registry.h"

#include <utility>

namespace saga::api {

DefinitionRegistry::DefinitionRegistry(std::vector<port::LoadedDefinition> definitions) {
  for (port::LoadedDefinition& loaded : definitions) {
    const std::string name = loaded.definition.name;
    const auto found = by_name_.find(name);
    if (found == by_name_.end() || found->second.definition.version < loaded.definition.version) {
      by_name_[name] = std::move(loaded);
    }
  }
}

const port::LoadedDefinition* DefinitionRegistry::Find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

}  // namespace saga::api
