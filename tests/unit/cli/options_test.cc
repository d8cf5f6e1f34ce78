#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace saga::cli {
namespace {

// What is told about the option; "parsed" when there is such a one.
std::string Told(const std::vector<const char*>& words) {
  cxxopts::Options options = OptionsOf(ListCommand());
  std::vector<const char*> argv = {"list"};
  argv.insert(argv.end(), words.begin(), words.end());
  try {
    options.parse(static_cast<int>(argv.size()), argv.data());
  } catch (const cxxopts::exceptions::no_such_option& error) {
    return ExplainUnknown(options, error);
  }
  return "parsed";
}

TEST(Options, MisspeltOnesAreNamedWithWhatMayBeMeant) {
  EXPECT_EQ(Told({"--status", "failed"}), "parsed");
  EXPECT_EQ(Told({"--statuss", "failed"}),
            "there is no option --statuss; did you mean \"--status\"?");
  EXPECT_EQ(Told({"--ouput=json"}), "there is no option --ouput; did you mean \"--output\"?");
  EXPECT_EQ(Told({"--frobnicate"}), "there is no option --frobnicate");
  EXPECT_EQ(Told({"-x"}), "there is no option -x");
}

TEST(Options, ArgumentsStayWhole) {
  cxxopts::Options options = OptionsOf(RetryNowCommand());
  const std::vector<const char*> argv = {"retry-now", "a,b c", "-", "--", "-x"};
  const auto parsed = options.parse(static_cast<int>(argv.size()), argv.data());
  EXPECT_THAT(parsed.unmatched(), testing::ElementsAre("a,b c", "-", "-x"));
}

}  // namespace
}  // namespace saga::cli
