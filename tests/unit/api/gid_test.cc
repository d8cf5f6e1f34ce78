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

class At : public port::Clock {
 public:
  explicit At(int64_t millis) : now_{millis * 1000 + 999} {}
  base::Time Now() override { return now_; }

 private:
  base::Time now_;
};

std::string GidOf(int64_t millis, std::vector<uint64_t> chance) {
  At clock(millis);
  Given entropy(std::move(chance));
  return GidSource(clock, entropy).Next();
}

// Read as a number of base 57.
unsigned __int128 ByHand(const std::string& gid) {
  const std::string alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  unsigned __int128 number = 0;
  for (const char digit : gid) number = number * 57 + alphabet.find(digit);
  return number;
}

unsigned __int128 Uuid(uint64_t high, uint64_t low) {
  return (static_cast<unsigned __int128>(high) << 64) | low;
}

// The example of RFC 9562, A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F.
TEST(GidTest, IsATimedUuidInBase57) {
  const std::string gid = GidOf(0x017F22E279B0, {0xFFFF'FFFF'FFFF'FCC3, 0xD8C4'DC0C'0C07'398F});
  EXPECT_TRUE(ByHand(gid) == Uuid(0x017F22E279B07CC3, 0x98C4DC0C0C07398F));
}

TEST(GidTest, KeepsVersionAndVariantWhateverTheChance) {
  EXPECT_TRUE(ByHand(GidOf(0, {0, 0})) == Uuid(0x7000, uint64_t{1} << 63));
  EXPECT_TRUE(ByHand(GidOf(0, {~uint64_t{0}, ~uint64_t{0}})) ==
              Uuid(0x7FFF, 0xBFFFFFFFFFFFFFFFULL));
}

TEST(GidTest, HasTwentyTwoCharactersWithoutLookAlikes) {
  std::set<std::string> seen;
  for (uint64_t i = 0; i < 1000; ++i) {
    const std::string gid =
        GidOf(static_cast<int64_t>(i % 7), {i * 0x9E3779B97F4A7C15ULL, i * 0xD1B54A32D192ED03ULL});
    EXPECT_EQ(gid.size(), 22u);
    EXPECT_EQ(gid.find_first_of("01IOl"), std::string::npos) << gid;
    seen.insert(gid);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(GidTest, LaterOnesSortAfterEarlierOnes) {
  constexpr int64_t kNow = 1'795'000'000'000;
  EXPECT_LT(GidOf(kNow, {~uint64_t{0}, ~uint64_t{0}}), GidOf(kNow + 1, {0, 0}));
  EXPECT_LT(GidOf(kNow, {~uint64_t{0}, 0}), GidOf(kNow + 3'600'000, {0, 0}));
}

}  // namespace
}  // namespace saga::api
