// deploy/quickstart --kafka as a stranger runs it, with the programs that are built already.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Processes that work in `folder`.
int Left(const std::string& folder) {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string line = fixture::ReadFile(entry.path().string() + "/cmdline");
    if (line.find(folder) != std::string::npos) ++found;
  }
  return found;
}

TEST(KafkaQuickstart, PlaysItsScenesAndLeavesNothingBehind) {
  const fixture::TempDir dir;
  const fixture::Finished run =
      fixture::Run({.program = absl::StrCat(fixture::SourceDir(), "/deploy/quickstart"),
                    .args = {"--kafka", "--free-ports", "--bin", fixture::BinDir()},
                    .env = {{"TMPDIR", dir.path()}},
                    .working_dir = ""},
                   absl::Seconds(200));
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(run.out,
              AllOf(HasSubstr("ok: 3 purchases by name"),
                    HasSubstr("ok: 10 purchases completed although sagad could not call product"),
                    HasSubstr("ok: back to gRPC, 84 pieces are left"),
                    HasSubstr("five compensations are dead letters"),
                    HasSubstr("ok: all five are undone, 84 pieces are in stock again")));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  EXPECT_EQ(Left(dir.path()), 0);
}

}  // namespace
}  // namespace saga::e2e
