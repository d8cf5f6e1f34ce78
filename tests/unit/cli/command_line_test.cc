#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saga::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CommandLine, CommandIsTheFirstWordThatBelongsToNoOption) {
  const CommandLine line = Split({"-o", "json", "--server=a:1", "list", "--open", "x"});
  EXPECT_EQ(line.command, "list");
  EXPECT_THAT(line.rest, ElementsAre("-o", "json", "--server=a:1", "--open", "x"));
  EXPECT_FALSE(line.help);
}

TEST(CommandLine, ANounTakesTheNextWordAsWell) {
  const CommandLine line = Split({"dlq", "-o", "json", "replay", "x"}, {"dlq", "job"});
  EXPECT_EQ(line.command, "dlq replay");
  EXPECT_THAT(line.rest, ElementsAre("-o", "json", "x"));
  EXPECT_EQ(Split({"dlq", "--help"}, {"dlq"}).command, "dlq");
  EXPECT_EQ(Split({"list", "dlq"}, {"dlq"}).command, "list");
  EXPECT_THAT(Split({"dlq", "show", "job"}, {"dlq", "job"}).rest, ElementsAre("job"));
}

TEST(CommandLine, HelpCountsAnywhereButNotAsAValueOrBehindTheDashes) {
  EXPECT_TRUE(Split({"--help"}).help);
  EXPECT_TRUE(Split({"-h", "list"}).help);
  EXPECT_TRUE(Split({"list", "--nosuch", "--help"}).help);
  EXPECT_FALSE(Split({"get", "--server", "--help"}).help);
  EXPECT_FALSE(Split({"get", "--", "-h"}).help);
}

TEST(CommandLine, VersionStandsInTheCommandsPlace) {
  EXPECT_TRUE(Split({"--version"}).version);
  EXPECT_FALSE(Split({"list", "--version"}).version);
}

TEST(CommandLine, NothingTypedIsNoCommand) {
  EXPECT_EQ(Split({}).command, "");
  EXPECT_THAT(Split({}).rest, IsEmpty());
  EXPECT_EQ(Split({"--server", "list"}).command, "");
}

}  // namespace
}  // namespace saga::cli
