#pragma once

// The saga definitions this server has loaded.

#include <map>
#include <string>
#include <vector>

#include "orchestrator/port/definition_source.h"

namespace saga::api {

// Never changes after construction, hence thread-safe.
class DefinitionRegistry {
 public:
  // Of several versions of a name the highest counts.
  explicit DefinitionRegistry(std::vector<port::LoadedDefinition> definitions);

  // Null when there is none of that name.
  const port::LoadedDefinition* Find(const std::string& name) const;

  // By name.
  const std::map<std::string, port::LoadedDefinition>& All() const { return by_name_; }

 private:
  std::map<std::string, port::LoadedDefinition> by_name_;
};

}  // namespace saga::api
