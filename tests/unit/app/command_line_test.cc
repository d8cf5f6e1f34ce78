#include "orchestrator/app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/app/config.h"

namespace saga::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

CommandLine Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "sagad");
  words.push_back(nullptr);
  return ParseCommandLine(static_cast<int>(words.size()) - 1, words.data());
}

TEST(CommandLine, NothingMeansRun) {
  const CommandLine line = Parse({});
  EXPECT_EQ(line.command, Command::kRun);
  EXPECT_THAT(line.flags, IsEmpty());
  EXPECT_THAT(line.problems, IsEmpty());
}

TEST(CommandLine, FlagsKeepTheirValues) {
  const CommandLine line =
      Parse({"--data-dir", "/tmp/x", "--grpc-listen=127.0.0.1:0", "--config", "a.yaml"});
  EXPECT_EQ(line.command, Command::kRun);
  EXPECT_EQ(line.config_file, "a.yaml");
  EXPECT_THAT(line.flags,
              ElementsAre(Pair("data-dir", "/tmp/x"), Pair("grpc-listen", "127.0.0.1:0")));
  EXPECT_THAT(line.problems, IsEmpty());
}

TEST(CommandLine, CommandsMayStandAnywhere) {
  EXPECT_EQ(Parse({"run"}).command, Command::kRun);
  EXPECT_EQ(Parse({"version"}).command, Command::kVersion);
  EXPECT_EQ(Parse({"--version"}).command, Command::kVersion);
  EXPECT_EQ(Parse({"-h"}).command, Command::kHelp);
  EXPECT_EQ(Parse({"help"}).command, Command::kHelp);
  const CommandLine line = Parse({"config", "-o", "json", "--store", "memory"});
  EXPECT_EQ(line.command, Command::kConfig);
  EXPECT_TRUE(line.json);
  EXPECT_THAT(line.flags, ElementsAre(Pair("store", "memory")));
}

TEST(CommandLine, UnknownFlagsGoOnToTheTableOfKeys) {
  const CommandLine line = Parse({"--data-dri", "/tmp/x", "--colour=yes"});
  EXPECT_THAT(line.problems, IsEmpty());
  EXPECT_THAT(LoadConfig({.flags = line.flags}).problems,
              ElementsAre("flags: unknown flag --data-dri; did you mean --data-dir?",
                          HasSubstr("--colour")));
}

TEST(CommandLine, WrongUsageIsTold) {
  EXPECT_THAT(Parse({"confg"}).problems,
              ElementsAre("unknown command confg; did you mean config?"));
  EXPECT_THAT(Parse({"dance"}).problems, ElementsAre("unknown command dance; see sagad --help"));
  EXPECT_THAT(Parse({"config", "version"}).problems, SizeIs(1));
  EXPECT_THAT(Parse({"-x"}).problems, ElementsAre(HasSubstr("-x")));
  EXPECT_THAT(Parse({"--store"}).problems, ElementsAre(HasSubstr("store")));
  EXPECT_THAT(Parse({"config", "-o", "yaml"}).problems, ElementsAre(HasSubstr("table or json")));
}

TEST(CommandLine, CommandsOfTheStoreTakeFiles) {
  const CommandLine backup =
      Parse({"backup", "--data-dir", "/tmp/x", "--to", "/b/a.db", "--force"});
  EXPECT_EQ(backup.command, Command::kBackup);
  EXPECT_EQ(backup.to, "/b/a.db");
  EXPECT_TRUE(backup.force);
  EXPECT_THAT(backup.problems, IsEmpty());
  EXPECT_THAT(backup.flags, ElementsAre(Pair("data-dir", "/tmp/x")));
  EXPECT_EQ(Parse({"restore", "--from=b.db"}).from, "b.db");
  EXPECT_EQ(Parse({"verify"}).command, Command::kVerify);
  EXPECT_THAT(Parse({"verify", "--from", "b.db"}).problems, IsEmpty());
  EXPECT_THAT(Parse({"backup"}).problems, ElementsAre(HasSubstr("--to is missing")));
  EXPECT_THAT(Parse({"restore"}).problems, ElementsAre(HasSubstr("--from is missing")));
  EXPECT_THAT(Parse({"--to", "x"}).problems, ElementsAre(HasSubstr("--to goes with")));
  EXPECT_EQ(Parse({"export", "--to", "f"}).command, Command::kExport);
  EXPECT_EQ(Parse({"import", "--from", "f"}).command, Command::kImport);
  EXPECT_THAT(Parse({"import"}).problems, ElementsAre(HasSubstr("--from is missing")));
  EXPECT_THAT(Parse({"verify", "--force"}).problems, ElementsAre(HasSubstr("--force goes with")));
}

TEST(CommandLine, HelpOfOneCommand) {
  for (const CommandLine& line : {Parse({"backup", "--help"}), Parse({"help", "backup"})}) {
    EXPECT_EQ(line.command, Command::kHelp);
    EXPECT_EQ(line.help_of, Command::kBackup);
    EXPECT_THAT(line.problems, IsEmpty());
  }
  EXPECT_EQ(Parse({"--help"}).command, Command::kHelp);
  for (const Command command : {Command::kBackup, Command::kRestore, Command::kVerify,
                                Command::kExport, Command::kImport}) {
    EXPECT_THAT(HelpText(command), HasSubstr("  sagad "));
    EXPECT_NE(HelpText(command), HelpText());
  }
  EXPECT_EQ(HelpText(Command::kRun), HelpText());
}

TEST(CommandLine, HelpNamesEveryKeyDefaultAndVariable) {
  std::string help = HelpText();
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_THAT(help, HasSubstr("--" + FlagName(key)));
    EXPECT_THAT(help, HasSubstr(EnvName(key)));
    EXPECT_THAT(help, HasSubstr(key.default_value)) << key.name;
  }
}

}  // namespace
}  // namespace saga::app
