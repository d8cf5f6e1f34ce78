#include "orchestrator/api/gid.h"

#include <cstdint>
#include <string_view>

#include "absl/numeric/int128.h"

namespace saga::api {

namespace {

constexpr std::string_view kAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr size_t kLength = 22;  // 57^22 is just above 2^128

// The bits that tell a random UUID (version 4, variant 1) from others; the rest is chance.
absl::uint128 RandomUuid(port::Entropy& entropy) {
  const uint64_t high = (entropy.Next() & ~uint64_t{0xF000}) | uint64_t{0x4000};
  const uint64_t low = (entropy.Next() & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);
  return absl::MakeUint128(high, low);
}

}  // namespace

std::string NewGid(port::Entropy& entropy) {
  absl::uint128 number = RandomUuid(entropy);
  std::string gid(kLength, kAlphabet[0]);
  for (char& digit : gid) {  // least significant first
    digit = kAlphabet[static_cast<size_t>(number % kAlphabet.size())];
    number /= kAlphabet.size();
  }
  return gid;
}

}  // namespace saga::api
