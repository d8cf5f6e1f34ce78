#include "orchestrator/adapter/yaml/substitution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "orchestrator/adapter/yaml/closest.h"

namespace saga::adapter {
namespace {

using ::testing::HasSubstr;

Environment With(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

TEST(SubstituteTest, SetVariablesAndDefaults) {
  const Environment environment = With({{"A", "one"}, {"EMPTY", ""}});
  EXPECT_EQ(Substitute("no variable $A {A}", environment).value(), "no variable $A {A}");
  EXPECT_EQ(Substitute("${A}/${A}", environment).value(), "one/one");
  EXPECT_EQ(Substitute("${A:-two}/x", environment).value(), "one/x");
  EXPECT_EQ(Substitute("${B:-127.0.0.1:80}/x", environment).value(), "127.0.0.1:80/x");
  EXPECT_EQ(Substitute("${EMPTY:-d}", environment).value(), "d");
  EXPECT_EQ(Substitute("${B:-}", environment).value(), "");
}

TEST(SubstituteTest, RefusesWhatHasNoValue) {
  const Environment environment = With({});
  EXPECT_THAT(std::string(Substitute("${B}", environment).status().message()),
              HasSubstr("environment variable B is not set"));
  EXPECT_THAT(std::string(Substitute("${B", environment).status().message()),
              HasSubstr("never closed"));
  EXPECT_THAT(std::string(Substitute("${1B}", environment).status().message()),
              HasSubstr("no environment variable"));
  EXPECT_THAT(std::string(Substitute("${}", environment).status().message()),
              HasSubstr("no environment variable"));
}

TEST(SuggestionTest, OnlyWhatIsNear) {
  const std::vector<std::string> keys = {"action", "compensate", "name"};
  EXPECT_EQ(Suggestion("compensat", keys), " (did you mean 'compensate'?)");
  EXPECT_EQ(Suggestion("acton", keys), " (did you mean 'action'?)");
  EXPECT_EQ(Suggestion("protocol", keys), "");
  EXPECT_EQ(Suggestion(std::string(1000, 'a'), keys), "");
}

}  // namespace
}  // namespace saga::adapter
