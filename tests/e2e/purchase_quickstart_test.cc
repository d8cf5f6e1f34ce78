// deploy/quickstart as a stranger runs it, with the programs that are built already.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fixture/http_get.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kWhole = absl::Seconds(90);

class Quickstart : public testing::Test {
 protected:
  // Its own TMPDIR, so that what it leaves behind can be seen.
  fixture::ProcessOptions With(std::vector<std::string> args) const {
    return {.program = absl::StrCat(fixture::SourceDir(), "/deploy/quickstart"),
            .args = std::move(args),
            .env = {{"TMPDIR", dir_.path()}}};
  }

  // Processes that work in this test's directory.
  int Left() const {
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string line = fixture::ReadFile(entry.path().string() + "/cmdline");
      if (line.find("--data-dir") != std::string::npos &&
          line.find(dir_.path()) != std::string::npos)
        ++found;
    }
    return found;
  }

  std::string Bin() const { return fixture::BinDir(); }

  std::optional<fixture::Process> ListenAtAUsualPort();

  fixture::TempDir dir_;
};

TEST_F(Quickstart, PlaysItsScenesAndLeavesNothingBehind) {
  const fixture::Finished run = fixture::Run(With({"--free-ports", "--bin", Bin()}), kWhole);
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(
      run.out,
      AllOf(HasSubstr("ok: both orders are paid"), HasSubstr("ok: the order is marked failed"),
            HasSubstr("ok: try froze"), HasSubstr("ok: all 20 purchases reached their end")));
  EXPECT_THAT(run.out, HasSubstr("out of stock: product 7 size 1: wanted 50, free 5"));
  EXPECT_THAT(run.out, HasSubstr("Next:"));
  EXPECT_EQ(Left(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(Quickstart, StaysUntilItIsStopped) {
  const std::string data = dir_.File("data");
  const fixture::Finished run =
      fixture::Run(With({"--free-ports", "--bin", Bin(), "--data-dir", data, "--stay"}), kWhole);
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Left(), 3);
  const std::string stop = absl::StrCat("deploy/quickstart --stop --data-dir ", data);
  EXPECT_THAT(run.out, AllOf(HasSubstr("Still running"), HasSubstr(stop)));
  const fixture::Finished stopped = fixture::Run(With({"--stop", "--data-dir", data}));
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_EQ(stopped.out, "stopped 3 processes\n");
  EXPECT_EQ(Left(), 0);
  EXPECT_TRUE(std::filesystem::exists(data + "/sagad/sagad.db")) << "the data is the user's";
}

TEST_F(Quickstart, CtrlCStopsEverything) {
  fixture::Process run = fixture::Process::Start(With({"--free-ports", "--bin", Bin()}));
  ASSERT_TRUE(run.WaitForStdout("ok: all three are ready", absl::Seconds(30))) << run.Stderr();
  run.Signal(SIGINT);
  EXPECT_EQ(run.WaitForExit(absl::Seconds(40)), 130);
  EXPECT_EQ(Left(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

// Somebody else at one of the quickstart's usual ports. Which one is the kernel's to say: they are
// among those that it gives to outgoing connections, and keeps for a minute afterwards.
std::optional<fixture::Process> Quickstart::ListenAtAUsualPort() {
  for (const char* port : {"58182", "58181", "58082", "58081", "36789", "36790"}) {
    const std::string address = absl::StrCat("127.0.0.1:", port);
    fixture::Process other = fixture::Process::Start(
        {.program = "product",
         .args = {"--data-dir", dir_.File(absl::StrCat("product-", port)), "--grpc-listen",
                  "127.0.0.1:0", "--http-listen", address}});
    const bool there = fixture::WaitUntil(absl::Seconds(20), [&] {
      return !other.Running() || fixture::HttpGet(address, "/healthz").status == 200;
    });
    if (there && other.Running()) return other;
  }
  return std::nullopt;
}

TEST_F(Quickstart, SaysInOneLineWhatIsWrong) {
  const std::optional<fixture::Process> other = ListenAtAUsualPort();  // killed when it goes
  ASSERT_TRUE(other.has_value());
  struct Case {
    std::vector<std::string> args;
    int exit_code;
    std::string text;
  };
  const std::vector<Case> cases = {
      {{"--bin", Bin()}, 1, "is in use"},
      {{"--free-ports", "--bin", "/nowhere"}, 1, "no such directory"},
      {{"--free-ports", "--bin", dir_.path()}, 1, "no program sagad"},
      {{"--free-ports", "--bin", Bin(), "--data-dir", fixture::SourceDir()}, 1, "not empty"},
      {{"--free-ports", "--bin", Bin(), "--data-dir", "/proc/nothing"}, 1, "no permission"},
      {{"--fast"}, 2, "unknown option --fast"},
      {{"--data-dir"}, 2, "takes a directory"},
      {{"--stop", "--data-dir", dir_.path()}, 1, "no quickstart stayed"},
  };
  for (const Case& c : cases) {
    const fixture::Finished run = fixture::Run(With(c.args));
    EXPECT_EQ(run.exit_code, c.exit_code) << run.out << run.err;
    EXPECT_THAT(run.err, HasSubstr(c.text));
    EXPECT_EQ(run.err.find('\n'), run.err.size() - 1) << "more than one line: " << run.err;
  }
}

TEST_F(Quickstart, AProgramThatDoesNotStartIsNamedAndItsLogShown) {
  const std::string bin = dir_.File("bin");
  std::filesystem::create_directory(bin);
  for (const char* name : {"sagad", "sagactl", "product"})
    std::filesystem::create_symlink(Bin() + "/" + name, bin + "/" + name);
  fixture::WriteFile(bin + "/order", "#!/bin/sh\necho no database today >&2\nexit 1\n");
  std::filesystem::permissions(bin + "/order", std::filesystem::perms::owner_all);
  const fixture::Finished run = fixture::Run(With({"--free-ports", "--bin", bin}));
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.err, HasSubstr("deploy/quickstart: order did not start: no database today"));
  EXPECT_THAT(run.err, Not(HasSubstr("line ")));
  EXPECT_EQ(Left(), 0);
}

}  // namespace
}  // namespace saga::e2e
