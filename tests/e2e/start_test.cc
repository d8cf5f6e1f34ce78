// What a person meets who starts sagad: help, configuration, errors in one clear line, exit codes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/dtm_client.h"
#include "tests/e2e/participant.h"
#include "tests/fixture/http_get.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using fixture::Finished;
using fixture::Run;
using fixture::Sagad;
using fixture::TempDir;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

Finished RunSagad(std::vector<std::string> args, std::map<std::string, std::string> env = {}) {
  return Run({.program = "sagad", .args = std::move(args), .env = std::move(env)});
}

TEST(Start, HelpAndVersionGoToStandardOutput) {
  const Finished help = RunSagad({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out,
              AllOf(HasSubstr("--data-dir"), HasSubstr("--grpc-listen"), HasSubstr("Exit codes")));
  EXPECT_THAT(help.err, IsEmpty());
  const Finished version = RunSagad({"version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, StartsWith("sagad "));
  const nlohmann::json json =
      nlohmann::json::parse(RunSagad({"--version", "-o", "json"}).out, nullptr, false);
  EXPECT_TRUE(json.is_object() && json.contains("version") && json.contains("commit"));
}

TEST(Start, ConfigShowsValuesAndTheirOrigin) {
  TempDir dir;
  fixture::WriteFile(dir.File("sagad.yaml"), "engine:\n  retry_interval: 5s\n");
  const Finished table =
      RunSagad({"config", "--config", dir.File("sagad.yaml"), "--store", "memory"},
               {{"SAGAD_LOG_LEVEL", "debug"}});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("file " + dir.File("sagad.yaml:2")),
                               HasSubstr("flag --store"), HasSubstr("environment SAGAD_LOG_LEVEL"),
                               HasSubstr("127.0.0.1:36790  default")));
  const Finished json =
      RunSagad({"config", "-o", "json"}, {{"SAGAD_CONFIG", dir.File("sagad.yaml")}});
  const nlohmann::json parsed = nlohmann::json::parse(json.out, nullptr, false);
  ASSERT_TRUE(parsed.is_object()) << json.out;
  EXPECT_EQ(parsed["engine.retry_interval"]["value"], "5s");
  EXPECT_EQ(parsed["engine.retry_interval"]["origin"], "file");
}

// business.md test 17.
TEST(Start, MisplacedAndUnknownKeysKeepItFromStarting) {
  TempDir dir;
  fixture::WriteFile(dir.File("sagad.yaml"), "retry_interval: 5s\nengine:\n  runers: 2\n");
  for (const char* command : {"run", "config"}) {
    const Finished refused = RunSagad({command, "--config", dir.File("sagad.yaml"), "--data-dir",
                                       dir.File("data"), "--data-dri", "x"});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.out, IsEmpty());
    EXPECT_THAT(Lines(refused.err), SizeIs(3)) << refused.err;
    EXPECT_THAT(
        refused.err,
        HasSubstr("sagad.yaml:1: unknown key retry_interval; did you mean engine.retry_interval?"));
    EXPECT_THAT(refused.err,
                HasSubstr("sagad.yaml:3: unknown key engine.runers; did you mean engine.runners?"));
    EXPECT_THAT(refused.err, HasSubstr("unknown flag --data-dri; did you mean --data-dir?"));
  }
  EXPECT_EQ(RunSagad({"--config", dir.File("missing.yaml")}).exit_code, 2);
  EXPECT_EQ(RunSagad({"--data-dir", dir.path()}, {{"SAGAD_CRASH_POINT", "sometimes"}}).exit_code,
            2);
  const Finished no_definitions =
      RunSagad({"--data-dir", dir.path(), "--definitions", dir.File("missing")});
  EXPECT_EQ(no_definitions.exit_code, 2) << no_definitions.err;
}

TEST(Start, BusyPortIsOneClearLine) {
  TempDir first_dir, second_dir;
  Sagad first({.data_dir = first_dir.path()});
  ASSERT_TRUE(first.WaitReady()) << first.process().Stderr();
  for (const char* flag : {"--grpc-listen", "--http-listen"}) {
    const bool grpc = absl::StrContains(flag, "grpc");
    const std::string busy = grpc ? first.grpc_address() : first.http_address();
    const Finished refused =
        RunSagad({"--data-dir", second_dir.path(), grpc ? "--http-listen" : "--grpc-listen",
                  "127.0.0.1:0", flag, busy});
    EXPECT_EQ(refused.exit_code, 4);
    EXPECT_THAT(Lines(refused.err), SizeIs(1)) << refused.err;
    EXPECT_THAT(refused.err, AllOf(HasSubstr(busy), HasSubstr("in use"), HasSubstr(flag)));
  }
}

TEST(Start, UnusableDataDirectoryIsOneClearLine) {
  TempDir dir;
  fixture::WriteFile(dir.File("file"), "not a directory");
  for (const std::string& path : {dir.File("file/data"), dir.File("file")}) {
    const Finished refused = RunSagad(
        {"--data-dir", path, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"});
    EXPECT_EQ(refused.exit_code, 3);
    EXPECT_THAT(Lines(refused.err), SizeIs(1)) << refused.err;
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr(path), HasSubstr("Not a directory"), HasSubstr("--data-dir")));
  }
}

TEST(Start, StoreThatIsNotOursIsOneClearLine) {
  TempDir dir;
  fixture::WriteFile(dir.File("sagad.db"), std::string(10'000, 'x'));
  const Finished refused = RunSagad(
      {"--data-dir", dir.path(), "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(Lines(refused.err), SizeIs(1)) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("sagad.db"));
}

TEST(Start, SecondSagadOnTheSameDirectoryIsRefusedAndTheFirstGoesOn) {
  TempDir dir;
  Participant participant;
  Sagad first({.data_dir = dir.path()});
  ASSERT_TRUE(first.WaitReady()) << first.process().Stderr();
  const Finished second = RunSagad(
      {"--data-dir", dir.path(), "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"});
  EXPECT_EQ(second.exit_code, 3);
  EXPECT_THAT(Lines(second.err), SizeIs(1)) << second.err;
  EXPECT_THAT(second.err, HasSubstr("another sagad"));
  EXPECT_THAT(fixture::ReadFile(dir.File("sagad.ports")), HasSubstr(first.grpc_address()));
  EXPECT_TRUE(DtmClient(first.grpc_address()).SubmitSaga("g", participant, 2, true).ok());
}

TEST(Start, CreatesItsDirectoryServesAndLeavesTidily) {
  TempDir dir;
  Participant participant;
  Sagad sagad({.data_dir = dir.File("a/b/data"), .args = {"--log-level", "debug"}});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  EXPECT_EQ(fixture::HttpGet(sagad.http_address(), "/healthz").status, 200);
  EXPECT_EQ(fixture::HttpGet(sagad.http_address(), "/ready").status, 200);
  EXPECT_THAT(fixture::HttpGet(sagad.http_address(), "/api/metrics").body, HasSubstr("saga_"));
  DtmClient client(sagad.grpc_address());
  EXPECT_EQ(client.Health(), "SERVING");
  EXPECT_TRUE(client.SubmitSaga("order-1", participant, 2, true).ok());
  EXPECT_EQ(StatusOf(sagad.http_address(), "order-1"), "succeed");
  EXPECT_EQ(sagad.Stop(), 0);
  EXPECT_EQ(fixture::ReadFile(dir.File("a/b/data/sagad.ports")), "");
  EXPECT_THAT(sagad.process().Stdout(), IsEmpty());
  bool gid_seen = false;
  for (const std::string& line : Lines(sagad.process().Stderr())) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    EXPECT_TRUE(json.is_object() && json.contains("time") && json.contains("level") &&
                json.contains("msg"))
        << line;
    gid_seen = gid_seen || json.value("gid", "") == "order-1";
  }
  EXPECT_TRUE(gid_seen) << sagad.process().Stderr();
}

TEST(Start, MemoryStoreAndOpenAddressesAreWarnedOf) {
  TempDir dir;
  Participant participant;
  Sagad sagad({.data_dir = dir.path(), .args = {"--store", "memory"}, .grpc_listen = "0.0.0.0:0"});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  EXPECT_TRUE(sagad.process().WaitForStderr("no authentication", absl::Seconds(10)));
  EXPECT_TRUE(sagad.process().WaitForStderr("lost when this process ends", absl::Seconds(10)));
  EXPECT_TRUE(DtmClient(sagad.grpc_address()).SubmitSaga("g", participant, 2, true).ok());
  EXPECT_EQ(sagad.Stop(), 0);
}

TEST(Start, SecondSignalEndsItAtOnce) {
  TempDir dir;
  Participant participant;
  participant.Hold();
  Sagad sagad({.data_dir = dir.path()});
  ASSERT_TRUE(sagad.WaitReady()) << sagad.process().Stderr();
  ASSERT_TRUE(DtmClient(sagad.grpc_address()).SubmitSaga("g", participant, 1, false).ok());
  ASSERT_TRUE(fixture::WaitUntil(absl::Seconds(10), [&] { return participant.Held() == 1; }));
  sagad.process().Terminate();
  ASSERT_TRUE(sagad.process().WaitForStderr("\"stopping\"", absl::Seconds(10)));
  EXPECT_TRUE(sagad.process().Running());
  sagad.process().Signal(SIGINT);
  EXPECT_EQ(sagad.process().WaitForExit(absl::Seconds(2)), 1);
  EXPECT_THAT(sagad.process().Stderr(), Not(HasSubstr("\"stopped\"")));
}

}  // namespace
}  // namespace saga::e2e
