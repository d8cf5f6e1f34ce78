// Fingerprints are stored in copies of dead letters and compared by later versions: the pinned ones
// may never change.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "orchestrator/core/filter.h"

namespace saga::core {
namespace {

TEST(Fingerprint, IsEightHexDigitsAndPinned) {
  EXPECT_EQ(FingerprintOf(""), "811c9dc5");
  // FNV-1a of "a", as its authors publish it.
  EXPECT_EQ(FingerprintOf("a"), "e40c292c");
  EXPECT_EQ(FingerprintOf("A"), "e40c292c");
  EXPECT_EQ(FingerprintOf("foobar"), "bf9cf968");
}

// Errors of one cause: all of a line have one fingerprint, no two lines have the same.
const std::vector<std::vector<std::string>> kCauses = {
    {"connect to 10.0.0.1:8080 failed", "connect to 192.168.1.17:80 failed",
     "Connect  to [fe80::1]:80 failed", "connect to ::1 failed\n",
     "connect to [2001:db8:0:0:1::beef]:443 failed"},
    {"connect to product:8080 failed", "connect to product:9090 failed"},
    {"connect to product failed"},
    {"order 42 is gone", "order 0042 is gone", "order 7f3a9b is gone",
     "order order_paid-A-42 is gone", "order 123e4567-e89b-42d3-a456-426614174000 is gone",
     "order deadbeef is gone", "order 0xFF is gone", "order -1 is gone", "order 3.14 is gone",
     "order 1,000,000 is gone"},
    {"order is gone"},
    {"order bread is gone"},
    {"deadline exceeded after 3000ms", "deadline exceeded after 2.5s",
     "deadline exceeded after 1m30s"},
    {"at 2026-11-21T10:00:00Z: locked", "at 2026-11-21T10:00:00.123456+01:00: locked",
     "at 10:00:01: locked", "at 1795255200: locked"},
    {"12:30 too late", "7 too late", "23:59:59.9 too late"},
    {"東京 ist zu", "東京\tist  zu "},
    {"unknown method /product.v1.Product/Deduct"},
    {"unknown method /product.v1.Product/Refund"},
    {"ace:grace:mace"},
    {"feed: bad: face"},
};

TEST(Fingerprint, IsThatOfTheCause) {
  std::vector<std::string> seen;
  for (const std::vector<std::string>& cause : kCauses) {
    const std::string fingerprint = FingerprintOf(cause[0]);
    EXPECT_EQ(fingerprint.size(), 8U);
    for (const std::string& error : cause) EXPECT_EQ(FingerprintOf(error), fingerprint) << error;
    for (const std::string& other : seen) EXPECT_NE(other, fingerprint) << cause[0];
    seen.push_back(fingerprint);
  }
}

}  // namespace
}  // namespace saga::core
