#include "cli/suggestion.h"

#include <gtest/gtest.h>

#include "cli/command/command.h"
#include "cli/help.h"

namespace saga::cli {
namespace {

TEST(Suggestion, NearWordsAreNamedAndFarOnesNot) {
  EXPECT_EQ(Suggestion("lsit"), "; did you mean \"list\"?");
  EXPECT_EQ(Suggestion("descibe"), "; did you mean \"describe\"?");
  EXPECT_EQ(Suggestion("retry"), "; did you mean \"retry-now\"?");
  EXPECT_EQ(Suggestion("exit-code"), "; did you mean \"exit-codes\"?");
  EXPECT_EQ(Suggestion("frobnicate"), "");
  EXPECT_EQ(Suggestion("x"), "");
}

TEST(Suggestion, TheNearestWins) {
  EXPECT_EQ(DidYouMean("abcd", {"abxx", "abcx"}), "; did you mean \"abcx\"?");
}

TEST(Help, EveryCommandIsInTheOverviewAndHasHelpOfItsOwn) {
  for (const Command& command : Commands()) {
    EXPECT_NE(Overview().find(std::string("\n  ") + command.name + " "), std::string::npos);
    const std::string help = HelpOn(command.name);
    EXPECT_NE(help.find(std::string("sagactl ") + command.name), std::string::npos) << help;
    EXPECT_NE(help.find("--output"), std::string::npos) << help;
    EXPECT_EQ(help.find("hidden"), std::string::npos) << help;
    EXPECT_EQ(help.find("(default: \"\")"), std::string::npos) << help;
  }
  EXPECT_EQ(HelpOn("nosuch"), "");
}

}  // namespace
}  // namespace saga::cli
