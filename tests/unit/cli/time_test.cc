#include "cli/printer/time.h"

#include <gtest/gtest.h>

namespace saga::cli {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kNow = 1'795'255'200 * kSecond;  // 2026-11-21T10:00:00Z
const absl::Time now = absl::FromUnixMicros(kNow);

TEST(Time, IsoHasMicrosecondsAndNeverIsEmpty) {
  EXPECT_EQ(IsoTime(kNow + 123'456), "2026-11-21T10:00:00.123456Z");
  EXPECT_EQ(IsoTime(0), "");
}

TEST(Time, RelativeHasOneUnit) {
  EXPECT_EQ(RelativeTime(kNow - 250'000, now), "250ms ago");
  EXPECT_EQ(RelativeTime(kNow - 59 * kSecond, now), "59s ago");
  EXPECT_EQ(RelativeTime(kNow - 90 * kSecond, now), "1m ago");
  EXPECT_EQ(RelativeTime(kNow - 47 * 3600 * kSecond, now), "47h ago");
  EXPECT_EQ(RelativeTime(kNow - 49 * 3600 * kSecond, now), "2d ago");
  EXPECT_EQ(RelativeTime(kNow + 12 * kSecond, now), "in 12s");
  EXPECT_EQ(RelativeTime(0, now), "-");
}

TEST(Time, StyleDecides) {
  EXPECT_EQ(ShowTime(kNow, TimeStyle::kIso, now), "2026-11-21T10:00:00.000000Z");
  EXPECT_EQ(ShowTime(kNow, TimeStyle::kRelative, now), "0ms ago");
  EXPECT_EQ(ShowTime(0, TimeStyle::kIso, now), "-");
}

int64_t Parsed(const char* text) {
  int64_t micros = -1;
  return ParseTimePoint(text, now, &micros) ? micros : -1;
}

TEST(TimePoint, DurationsCountBackFromNow) {
  EXPECT_EQ(Parsed("10m"), kNow - 600 * kSecond);
  EXPECT_EQ(Parsed("1h30m"), kNow - 5400 * kSecond);
  EXPECT_EQ(Parsed("9000000h"), 1) << "before the epoch is its beginning";
}

TEST(TimePoint, Rfc3339) {
  EXPECT_EQ(Parsed("2026-11-21T10:00:00Z"), kNow);
  EXPECT_EQ(Parsed("2026-11-21T11:00:00.5+01:00"), kNow + 500'000);
}

TEST(TimePoint, AnythingElseIsRefused) {
  for (const char* text : {"", "10", "ten", "-10m", "inf", "infinite-past", "infinite-future",
                           "2026-11-21", "2026-13-01T00:00:00Z", "10m x"}) {
    EXPECT_EQ(Parsed(text), -1) << text;
  }
}

}  // namespace
}  // namespace saga::cli
