// deploy/quickstart --mysql as a stranger runs it, with the programs that are built already.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class MySqlQuickstart : public testing::Test {
 protected:
  // As root MariaDB runs as another user, who has to come through.
  MySqlQuickstart() {
    std::filesystem::permissions(dir_.path(), std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
  }

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
      if (line.find(dir_.path()) != std::string::npos) ++found;
    }
    return found;
  }

  fixture::TempDir dir_;
};

TEST_F(MySqlQuickstart, PlaysItsScenesAndStaysUntilItIsStopped) {
  const std::string data = dir_.File("data");
  const fixture::Finished run = fixture::Run(
      With({"--mysql", "--free-ports", "--bin", fixture::BinDir(), "--data-dir", data, "--stay"}),
      absl::Seconds(200));
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(
      run.out,
      AllOf(HasSubstr("ok: two orders are paid and one is undone, whichever node was asked"),
            HasSubstr("ok: all 20 purchases reached their end, those of the dead node too"),
            HasSubstr("ok: 6 purchases reached their end while a node left"),
            HasSubstr("Still running")));
  EXPECT_EQ(Left(), 5);  // two nodes, order, product, MariaDB
  const fixture::Finished stopped = fixture::Run(With({"--stop", "--data-dir", data}));
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_EQ(stopped.out, "stopped 5 processes\n");
  EXPECT_EQ(Left(), 0);
  EXPECT_TRUE(std::filesystem::exists(data + "/mariadb/data/sagad")) << "the data is the user's";
}

TEST_F(MySqlQuickstart, CtrlCStopsEverything) {
  fixture::Process run =
      fixture::Process::Start(With({"--mysql", "--free-ports", "--bin", fixture::BinDir()}));
  ASSERT_TRUE(run.WaitForStdout("ok: all are ready", absl::Seconds(60))) << run.Stderr();
  run.Signal(SIGINT);
  EXPECT_EQ(run.WaitForExit(absl::Seconds(60)), 130);
  EXPECT_EQ(Left(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

TEST_F(MySqlQuickstart, OneTourAtATime) {
  const fixture::Finished run = fixture::Run(With({"--kafka", "--mysql"}));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_EQ(run.err, "deploy/quickstart: one tour at a time\n");
}

}  // namespace
}  // namespace saga::e2e
