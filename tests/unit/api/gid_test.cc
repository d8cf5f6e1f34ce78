#include "orchestrator/api/gid.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace saga::api {
namespace {

class Given : public port::Entropy {
 public:
  explicit Given(std::vector<uint64_t> numbers) : numbers_(std::move(numbers)) {}
  uint64_t Next() override { return numbers_.at(next_++); }

 private:
  std::vector<uint64_t> numbers_;
  size_t next_ = 0;
};

// UUID 00000000-0000-4000-8000-000000000000, encoded by hand: digits of 2^78 + 2^63 in base 57, the
// lowest first.
std::string ByHand(unsigned __int128 number) {
  const std::string alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::string text;
  for (int i = 0; i < 22; ++i) {
    text += alphabet[static_cast<size_t>(number % 57)];
    number /= 57;
  }
  return text;
}

TEST(GidTest, IsTheUuidInBase57) {
  Given zero({0, 0});
  const unsigned __int128 uuid =
      (static_cast<unsigned __int128>(0x4000) << 64) | (uint64_t{1} << 63);
  EXPECT_EQ(NewGid(zero), ByHand(uuid));
}

TEST(GidTest, KeepsVersionAndVariantWhateverTheChance) {
  Given ones({~uint64_t{0}, ~uint64_t{0}});
  const unsigned __int128 uuid =
      (static_cast<unsigned __int128>(0xFFFFFFFFFFFF4FFFULL) << 64) | 0xBFFFFFFFFFFFFFFFULL;
  EXPECT_EQ(NewGid(ones), ByHand(uuid));
}

TEST(GidTest, HasTwentyTwoCharactersWithoutLookAlikes) {
  std::set<std::string> seen;
  for (uint64_t i = 0; i < 1000; ++i) {
    Given some({i * 0x9E3779B97F4A7C15ULL, i * 0xD1B54A32D192ED03ULL});
    const std::string gid = NewGid(some);
    EXPECT_EQ(gid.size(), 22u);
    EXPECT_EQ(gid.find_first_of("01IOl"), std::string::npos) << gid;
    seen.insert(gid);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace saga::api
