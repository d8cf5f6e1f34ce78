#include "orchestrator/api/gid.h"

#include <cstdint>
#include <string_view>

#include "absl/numeric/int128.h"

namespace saga::api {

namespace {

// In the order of ASCII.
constexpr std::string_view kAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr size_t kLength = 22;  // 57^22 is just above 2^128
constexpr int64_t kMicrosPerMilli = 1000;

// 48 bits of time, the version, 12 bits of chance; the variant, 62 bits of chance.
absl::uint128 TimedUuid(base::Time now, port::Entropy& entropy) {
  const auto millis = static_cast<uint64_t>(now.micros / kMicrosPerMilli);
  const uint64_t high = (millis << 16) | uint64_t{0x7000} | (entropy.Next() & uint64_t{0x0FFF});
  const uint64_t low = (entropy.Next() & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  return absl::MakeUint128(high, low);
}

}  // namespace

std::string GidSource::Next() {
  absl::uint128 number = TimedUuid(clock_.Now(), entropy_);
  std::string gid(kLength, kAlphabet[0]);
  for (auto digit = gid.rbegin(); digit != gid.rend(); ++digit) {
    *digit = kAlphabet[static_cast<size_t>(number % kAlphabet.size())];
    number /= kAlphabet.size();
  }
  return gid;
}

}  // namespace saga::api
