// What only the memory store can do: be copied and put back, as a simulated disk.

#include "orchestrator/adapter/memory/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/random_record.h"

namespace saga::adapter {
namespace {

using contract::InsertOf;
using contract::SmallSaga;
using contract::UpdateOf;
using ::testing::ElementsAre;

constexpr base::Time kNow{1'700'000'000'000'000};

TEST(MemoryStore, ASnapshotIsTheDiskOfThatMoment) {
  MemoryStore store;
  const core::GlobalTransaction kept = SmallSaga("kept");
  store.Commit({InsertOf(kept, kNow)});
  const MemoryStore::State synced = store.Snapshot();

  core::GlobalTransaction changed = kept;
  changed.version = 2;
  changed.status = core::Status::kAborting;
  const core::GlobalTransaction lost = SmallSaga("lost");
  store.Commit({UpdateOf(changed, kNow), InsertOf(lost, kNow)});

  MemoryStore after_crash;
  after_crash.Restore(synced);
  EXPECT_EQ(*after_crash.Load("kept"), kept);
  EXPECT_TRUE(absl::IsNotFound(after_crash.Load("lost").status()));
  // The one that lived on has both.
  EXPECT_EQ(*store.Load("kept"), changed);
  EXPECT_EQ(*store.Load("lost"), lost);
}

TEST(MemoryStore, ASnapshotHasTheMessagesOfItsCommits) {
  MemoryStore store;
  const core::GlobalTransaction kept = SmallSaga("kept");
  const core::GlobalTransaction lost = SmallSaga("lost");
  const std::vector<base::Message> first = {{.topic = "t", .key = "first"}};
  const std::vector<base::Message> second = {{.topic = "t", .key = "second"}};
  port::Write write = InsertOf(kept, kNow);
  write.outbox = &first;
  store.Commit({write});
  const MemoryStore::State synced = store.Snapshot();
  write = InsertOf(lost, kNow);
  write.outbox = &second;
  store.Commit({write});
  const uint64_t removed = store.outbox().ReadOutbox(0, 1)->front().id;
  ASSERT_TRUE(store.outbox().RemoveOutbox({removed}).ok());
  EXPECT_EQ(store.outbox().ReadOutbox(0, 10)->front().message, second[0]);

  // What was removed and not synced is there again; what came in later is not.
  MemoryStore after_crash;
  after_crash.Restore(synced);
  const auto records = after_crash.outbox().ReadOutbox(0, 10);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ(records->front().message, first[0]);
}

TEST(MemoryStore, RestoreFreesWhatWasHeld) {
  MemoryStore store;
  const core::GlobalTransaction transaction = SmallSaga("order-1");
  store.Commit({InsertOf(transaction, kNow)});
  EXPECT_TRUE(store.ClaimDue(kNow, 10)->empty());
  store.Restore(store.Snapshot());
  const auto claimed = store.ClaimDue(kNow, 10);
  ASSERT_TRUE(claimed.ok());
  EXPECT_THAT(*claimed, ElementsAre(transaction));
}

TEST(MemoryStore, IdsGoOnAfterARestore) {
  MemoryStore store;
  const core::GlobalTransaction first = SmallSaga("first");
  const core::GlobalTransaction second = SmallSaga("second");
  store.Commit({InsertOf(first, kNow)});
  store.Restore(store.Snapshot());
  store.Commit({InsertOf(second, kNow)});
  EXPECT_LT(store.Find("first")->id, store.Find("second")->id);
}

}  // namespace
}  // namespace saga::adapter
