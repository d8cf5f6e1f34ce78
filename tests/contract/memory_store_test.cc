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
