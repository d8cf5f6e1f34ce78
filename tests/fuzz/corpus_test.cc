// Every file of the corpus through its target: what fuzzing once found, and what clients send.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/fuzz/target.h"

namespace saga::fuzz {
namespace {

namespace fs = std::filesystem;

fs::path Corpus() {
  const char* const source = std::getenv("SAGA_SOURCE");
  return fs::path(source == nullptr ? "." : source) / "tests/fuzz/corpus";
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file.good()) << path;
  return text.str();
}

TEST(FuzzCorpusTest, EveryFileThroughItsTarget) {
  for (const Target& target : AllTargets()) {
    size_t files = 0;
    for (const fs::directory_entry& file : fs::directory_iterator(Corpus() / target.name)) {
      SCOPED_TRACE(file.path().string());
      const std::string data = ReadFile(file.path());
      target.run(data);
      // Cut off in the middle, which is what a client that dies leaves.
      for (size_t size = 0; size < data.size() && size < 512; ++size) {
        target.run(std::string_view(data).substr(0, size));
      }
      ++files;
    }
    EXPECT_GE(files, 3u) << target.name;
  }
}

TEST(FuzzCorpusTest, EveryTargetThroughTheOthersFiles) {
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(Corpus())) {
    if (!file.is_regular_file()) continue;
    SCOPED_TRACE(file.path().string());
    const std::string data = ReadFile(file.path());
    for (const Target& target : AllTargets()) target.run(data);
  }
}

TEST(FuzzCorpusTest, EveryFolderIsATargets) {
  std::set<std::string> names;
  for (const Target& target : AllTargets()) names.emplace(target.name);
  EXPECT_EQ(names.size(), AllTargets().size());
  for (const fs::directory_entry& folder : fs::directory_iterator(Corpus())) {
    EXPECT_TRUE(names.contains(folder.path().filename().string())) << folder.path();
  }
}

}  // namespace
}  // namespace saga::fuzz
