#include "cli/suggestion.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/command/command.h"
#include "cli/help.h"

namespace saga::cli {
namespace {

TEST(Suggestion, NearWordsAreNamedAndFarOnesNot) {
  EXPECT_EQ(Suggestion("lsit"), "; did you mean \"list\"?");
  EXPECT_EQ(Suggestion("descibe"), "; did you mean \"describe\"?");
  EXPECT_EQ(Suggestion("retry"), "; did you mean \"retry-now\"?");
  EXPECT_EQ(Suggestion("exit-code"), "; did you mean \"exit-codes\"?");
  EXPECT_EQ(Suggestion("dlq repaly"), "; did you mean \"dlq replay\"?");
  EXPECT_EQ(Suggestion("pause"), "; did you mean \"dest pause\"?");
  EXPECT_EQ(Suggestion("destination"), "; did you mean \"dest\"?");
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

TEST(Help, EveryNounListsItsCommandsAndEveryTopicHasItsText) {
  for (const Noun& noun : Nouns()) {
    const std::string help = HelpOn(noun.name);
    ASSERT_FALSE(CommandsOf(noun.name).empty()) << noun.name;
    for (const Command* const command : CommandsOf(noun.name))
      EXPECT_NE(help.find(std::string("\n  ") + command->name + " "), std::string::npos) << help;
  }
  for (const char* topic : {"filter", "replay", "exit-codes", "output", "environment"})
    EXPECT_NE(HelpOn(topic).find("sagactl"), std::string::npos) << topic;
}

TEST(Help, FitsThePage) {
  std::vector<std::string> texts = {Overview(), HelpOn("filter"), HelpOn("replay")};
  for (const Command& command : Commands()) texts.push_back(HelpOn(command.name));
  for (const std::string& text : texts) {
    size_t begin = 0;
    for (size_t end = text.find('\n'); end != std::string::npos;
         begin = end + 1, end = text.find('\n', begin)) {
      EXPECT_LE(end - begin, 100U) << text.substr(begin, end - begin);
    }
  }
}

}  // namespace
}  // namespace saga::cli
