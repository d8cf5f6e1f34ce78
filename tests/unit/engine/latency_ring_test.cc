#include "orchestrator/engine/latency_ring.h"

#include <gtest/gtest.h>

namespace saga::engine {
namespace {

base::Duration PercentileOf(const LatencyRing& ring, size_t percent) {
  std::vector<uint32_t> micros = ring.Micros();
  return Percentile(micros, percent);
}

TEST(LatencyRing, OfNothingIsNothing) { EXPECT_EQ(PercentileOf({}, 99), base::Micros(0)); }

TEST(LatencyRing, OfOneIsThatOne) {
  LatencyRing ring;
  ring.Add(base::Millis(7));
  EXPECT_EQ(PercentileOf(ring, 50), base::Millis(7));
  EXPECT_EQ(PercentileOf(ring, 99), base::Millis(7));
}

TEST(LatencyRing, CountsRanks) {
  LatencyRing ring;
  for (int i = 100; i >= 1; --i) ring.Add(base::Millis(i));
  EXPECT_EQ(PercentileOf(ring, 50), base::Millis(50));
  EXPECT_EQ(PercentileOf(ring, 99), base::Millis(99));
}

TEST(LatencyRing, KeepsTheLatest) {
  LatencyRing ring;
  for (int i = 0; i < 1000; ++i) ring.Add(base::Seconds(1));
  for (int i = 0; i < 256; ++i) ring.Add(base::Millis(1));
  EXPECT_EQ(PercentileOf(ring, 99), base::Millis(1));
}

TEST(LatencyRing, TakesTimesThatDoNotFit) {
  LatencyRing ring;
  ring.Add(base::Micros(-5));  // the clock was set back
  EXPECT_EQ(PercentileOf(ring, 50), base::Micros(0));
  ring.Add(base::Seconds(1'000'000));
  EXPECT_EQ(PercentileOf(ring, 99), base::Micros(UINT32_MAX));
}

}  // namespace
}  // namespace saga::engine
