#include "participants/sdk/offset_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace saga::participants::sdk {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(OffsetLedger, ThePositionIsTheEndOfTheStretchWithoutAGap) {
  OffsetLedger ledger;
  ledger.Assign(0);
  const OffsetTicket first = ledger.Take(0, 10);
  const OffsetTicket second = ledger.Take(0, 11);
  const OffsetTicket third = ledger.Take(0, 12);
  EXPECT_EQ(ledger.unfinished(), 3u);
  ledger.Finish(second);
  ledger.Finish(third);
  EXPECT_THAT(ledger.TakePositions(), IsEmpty());
  EXPECT_EQ(ledger.unfinished(), 1u);
  ledger.Finish(first);
  EXPECT_THAT(ledger.TakePositions(), ElementsAre(CommitPosition{.partition = 0, .next = 13}));
  EXPECT_THAT(ledger.TakePositions(), IsEmpty()) << "told once";
  EXPECT_EQ(ledger.unfinished(), 0u);
}

TEST(OffsetLedger, OffsetsThatTheLogDoesNotHaveAreNoGap) {
  OffsetLedger ledger;
  ledger.Assign(0);
  const OffsetTicket first = ledger.Take(0, 10);
  const OffsetTicket second = ledger.Take(0, 57);
  ledger.Finish(first);
  EXPECT_THAT(ledger.TakePositions(), ElementsAre(CommitPosition{.partition = 0, .next = 11}));
  ledger.Finish(second);
  EXPECT_THAT(ledger.TakePositions(), ElementsAre(CommitPosition{.partition = 0, .next = 58}));
}

TEST(OffsetLedger, PartitionsDoNotWaitForEachOther) {
  OffsetLedger ledger;
  ledger.Assign(0);
  ledger.Assign(1);
  const OffsetTicket slow = ledger.Take(0, 5);
  ledger.Finish(ledger.Take(1, 7));
  EXPECT_THAT(ledger.TakePositions(), ElementsAre(CommitPosition{.partition = 1, .next = 8}));
  ledger.Finish(slow);
  EXPECT_THAT(ledger.TakePositions(), ElementsAre(CommitPosition{.partition = 0, .next = 6}));
}

TEST(OffsetLedger, WhatAnEndedAssignmentLeftNeverCounts) {
  OffsetLedger ledger;
  ledger.Assign(0);
  const OffsetTicket old = ledger.Take(0, 10);
  ledger.Revoke(0);
  EXPECT_EQ(ledger.unfinished(), 0u);
  EXPECT_FALSE(ledger.Holds(old));
  ledger.Finish(old);
  EXPECT_THAT(ledger.TakePositions(), IsEmpty());

  ledger.Assign(0);
  const OffsetTicket again = ledger.Take(0, 10);
  ledger.Finish(old);
  EXPECT_EQ(ledger.unfinished(), 1u) << "the same offset, but of now";
  ledger.Finish(again);
  EXPECT_THAT(ledger.TakePositions(), ElementsAre(CommitPosition{.partition = 0, .next = 11}));
}

TEST(OffsetLedger, APartitionThatIsReadAnewStartsAnew) {
  OffsetLedger ledger;
  ledger.Assign(0);
  const OffsetTicket before = ledger.Take(0, 100);
  const OffsetTicket after = ledger.Take(0, 3);  // the log was truncated
  EXPECT_EQ(ledger.unfinished(), 1u);
  ledger.Finish(before);
  EXPECT_THAT(ledger.TakePositions(), IsEmpty());
  ledger.Finish(after);
  EXPECT_THAT(ledger.TakePositions(), ElementsAre(CommitPosition{.partition = 0, .next = 4}));
}

// Against the plain definition: everything below the position is finished, what stands at it is
// not.
TEST(OffsetLedger, HoldsForAnyOrder) {
  std::mt19937 random(20261121);
  for (int round = 0; round < 200; ++round) {
    OffsetLedger ledger;
    ledger.Assign(0);
    std::vector<OffsetTicket> tickets;
    int64_t offset = 0;
    for (int i = 0; i < 50; ++i) {
      offset += 1 + (random() % 5 == 0 ? random() % 4 : 0);
      tickets.push_back(ledger.Take(0, offset));
    }
    std::vector<OffsetTicket> order = tickets;
    std::shuffle(order.begin(), order.end(), random);
    std::vector<int64_t> finished;
    int64_t position = 0;
    for (const OffsetTicket& ticket : order) {
      ledger.Finish(ticket);
      finished.push_back(ticket.offset);
      for (const CommitPosition& moved : ledger.TakePositions()) position = moved.next;
      for (const OffsetTicket& taken : tickets) {
        const bool done =
            std::find(finished.begin(), finished.end(), taken.offset) != finished.end();
        if (taken.offset < position) {
          ASSERT_TRUE(done) << taken.offset;
        } else {
          ASSERT_FALSE(done) << "the first one at or behind the position is open";
          break;
        }
      }
    }
    EXPECT_EQ(position, tickets.back().offset + 1);
    EXPECT_EQ(ledger.unfinished(), 0u);
  }
}

}  // namespace
}  // namespace saga::participants::sdk
