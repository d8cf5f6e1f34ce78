#include "orchestrator/adapter/kafka/acked_offsets.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace saga::adapter {
namespace {

TEST(AckedOffsetsTest, GoesOnBehindTheLastOfAnUnbrokenRow) {
  AckedOffsets offsets;
  for (const int64_t offset : {10, 11, 13, 17}) offsets.HandedOut(offset);
  EXPECT_EQ(offsets.open(), 4u);
  EXPECT_EQ(offsets.Acknowledge(11), std::nullopt);
  EXPECT_EQ(offsets.Acknowledge(17), std::nullopt);
  EXPECT_EQ(offsets.Acknowledge(10), 12);
  EXPECT_EQ(offsets.Acknowledge(13), 18) << "12, 14, 15 and 16 are not messages";
  EXPECT_EQ(offsets.open(), 0u);
  EXPECT_EQ(offsets.last(), 17);
}

TEST(AckedOffsetsTest, InAnyOrderNeverTooFarAndAtLastToTheEnd) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    AckedOffsets offsets;
    std::vector<int64_t> order;
    for (int64_t offset = 5; offset < 45; offset += 1 + static_cast<int64_t>(random() % 3)) {
      offsets.HandedOut(offset);
      order.push_back(offset);
    }
    std::set<int64_t> open(order.begin(), order.end());
    const int64_t end = order.back() + 1;
    std::shuffle(order.begin(), order.end(), random);
    int64_t next = 5;
    for (const int64_t offset : order) {
      open.erase(offset);
      const std::optional<int64_t> moved = offsets.Acknowledge(offset);
      if (moved.has_value()) {
        EXPECT_GT(*moved, next);
        next = *moved;
      }
      EXPECT_TRUE(open.empty() || next <= *open.begin());
      EXPECT_EQ(offsets.open(), open.size());
    }
    EXPECT_EQ(next, end);
  }
}

}  // namespace
}  // namespace saga::adapter
