#include "orchestrator/app/data_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/fixture/temp_dir.h"

namespace saga::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(DataDir, IsCreatedForItsOwnerOnly) {
  fixture::TempDir dir;
  const std::string path = dir.File("a/b/c");
  ASSERT_TRUE(PrepareDataDir(path + "//").ok());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISDIR(info.st_mode));
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  EXPECT_TRUE(PrepareDataDir(path).ok()) << "a second start finds it";
}

TEST(DataDir, ErrorsSayWhatToDo) {
  fixture::TempDir dir;
  fixture::WriteFile(dir.File("file"), "x");
  for (const std::string& path :
       {dir.File("file"), dir.File("file/below"), std::string("/dev/null/x")}) {
    const absl::Status status = PrepareDataDir(path);
    EXPECT_FALSE(status.ok()) << path;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(path), HasSubstr("Not a directory"), HasSubstr("--data-dir")));
  }
  EXPECT_FALSE(PrepareDataDir(std::string(5000, 'x')).ok());
}

TEST(PortsFile, NamesTheProcessAndItsAddresses) {
  fixture::TempDir dir;
  ASSERT_TRUE(WritePortsFile(dir.path(), "127.0.0.1:1", "[::1]:2").ok());
  const nlohmann::json json =
      nlohmann::json::parse(fixture::ReadFile(dir.File("sagad.ports")), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["pid"], getpid());
  EXPECT_EQ(json["grpc"], "127.0.0.1:1");
  EXPECT_EQ(json["http"], "[::1]:2");
  RemovePortsFile(dir.path());
  EXPECT_EQ(fixture::ReadFile(dir.File("sagad.ports")), "");
  EXPECT_FALSE(WritePortsFile(dir.File("missing"), "a", "b").ok());
}

}  // namespace
}  // namespace saga::app
