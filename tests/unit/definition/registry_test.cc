#include "orchestrator/api/definition_registry.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace saga::api {
namespace {

port::LoadedDefinition Make(const std::string& name, uint32_t version) {
  port::LoadedDefinition loaded;
  loaded.definition.name = name;
  loaded.definition.version = version;
  return loaded;
}

TEST(DefinitionRegistryTest, TheHighestVersionOfANameCounts) {
  const DefinitionRegistry registry({Make("b", 2), Make("a", 1), Make("b", 10), Make("b", 9)});
  ASSERT_NE(registry.Find("b"), nullptr);
  EXPECT_EQ(registry.Find("b")->definition.version, 10u);
  EXPECT_EQ(registry.Find("a")->definition.version, 1u);
  EXPECT_EQ(registry.Find("c"), nullptr);
  EXPECT_EQ(registry.All().size(), 2u);
}

}  // namespace
}  // namespace saga::api
