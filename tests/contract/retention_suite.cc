// Forgetting what ended long ago: port/retention.h.

#include <algorithm>
#include <map>
#include <set>

#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

constexpr base::Time At(int64_t second) {
  return base::Time{1'700'000'000'000'000 + second * 1'000'000};
}

core::GlobalTransaction EndedAt(const std::string& gid, int64_t second) {
  core::GlobalTransaction transaction = SmallSaga(gid);
  transaction.status = core::Status::kSucceed;
  transaction.create_time = At(second - 1);
  transaction.update_time = transaction.finish_time = At(second);
  return transaction;
}

class RetentionContract : public StoreContract {
 protected:
  // Until it says that it is through; how many.
  uint64_t Forget(base::Time before, size_t limit = 100) {
    uint64_t all = 0;
    for (int call = 0; call < 10'000; ++call) {
      const auto forgotten = retention().DeleteFinished(before, limit);
      EXPECT_TRUE(forgotten.ok()) << forgotten.status();
      if (!forgotten.ok()) return all;
      EXPECT_LE(forgotten->transactions, limit);
      all += forgotten->transactions;
      if (forgotten->complete) return all;
    }
    ADD_FAILURE() << "it never came to an end";
    return all;
  }
  std::vector<std::string> All() { return Listed({.limit = 100'000}); }
};

TEST_P(RetentionContract, ForgetsWhatEndedBeforeWithAllThatBelongsToIt) {
  const std::vector<core::HistoryEntry> history = {{.time = At(1), .text = "one"},
                                                   {.time = At(2), .text = "two"}};
  core::GlobalTransaction old = EndedAt("old", 10);
  old.branches[0].first_failure = At(2);
  ASSERT_EQ(Insert(old, base::kNever, &history), Result::kDone) << last_error_;
  ASSERT_EQ(Insert(EndedAt("young", 20), base::kNever, &history), Result::kDone);
  ASSERT_EQ(Insert(SmallSaga("open"), At(30), &history), Result::kDone);
  EXPECT_EQ(Forget(At(20)), 1u) << "what ended at that time is not older";
  EXPECT_THAT(All(), ElementsAre("open", "young"));
  EXPECT_TRUE(absl::IsNotFound(store().Load("old").status()));
  EXPECT_TRUE(absl::IsNotFound(query().Find("old").status()));
  const auto gone = query().History("old");
  ASSERT_TRUE(gone.ok());
  EXPECT_THAT(*gone, IsEmpty());
  for (const std::string gid : {"young", "open"}) {
    EXPECT_EQ(Stored(gid).branches.size(), 4u);
    const auto kept = query().History(gid);
    ASSERT_TRUE(kept.ok());
    EXPECT_THAT(*kept, SizeIs(2));
  }
}

TEST_P(RetentionContract, AForgottenGidIsFree) {
  const std::vector<core::HistoryEntry> history = {{.time = At(1), .text = "before"}};
  core::GlobalTransaction old = EndedAt("again", 1);
  old.branches[0].deaths = 2;
  ASSERT_EQ(Insert(old, base::kNever, &history), Result::kDone);
  ASSERT_EQ(Insert(SmallSaga("newest"), At(30)), Result::kDone);
  ASSERT_EQ(Forget(At(5)), 1u);
  core::GlobalTransaction anew = SmallSaga("again");
  ASSERT_EQ(Insert(anew, At(40)), Result::kDone) << last_error_;
  EXPECT_EQ(Stored("again"), anew);
  const auto kept = query().History("again");
  ASSERT_TRUE(kept.ok());
  EXPECT_THAT(*kept, IsEmpty());
}

TEST_P(RetentionContract, OpenOnesStayHoweverOld) {
  core::GlobalTransaction dead = SmallSaga("dead letter");
  dead.branches[1].dead = core::DeadReason::kContract;
  dead.branches[1].dead_time = At(1);
  dead.branches[1].deaths = 1;
  ASSERT_EQ(Insert(dead, base::kNever), Result::kDone);
  core::GlobalTransaction odd = SmallSaga("open with an end");
  odd.finish_time = At(1);
  ASSERT_EQ(Insert(odd, At(1)), Result::kDone);
  ASSERT_EQ(Insert(SmallSaga("newest"), At(1)), Result::kDone);
  EXPECT_EQ(Forget(At(1'000'000)), 0u);
  EXPECT_THAT(All(), SizeIs(3));
  const auto listed = dead_letters().ListDead({}, At(5), 0, 10);
  ASSERT_TRUE(listed.ok());
  EXPECT_THAT(*listed, SizeIs(1));
}

TEST_P(RetentionContract, NoMoreAtOnceThanAsked) {
  for (int i = 0; i < 25; ++i)
    ASSERT_EQ(Insert(EndedAt("old-" + std::to_string(i), i + 1)), Result::kDone);
  ASSERT_EQ(Insert(SmallSaga("newest"), At(1)), Result::kDone);
  const auto first = retention().DeleteFinished(At(100), 10);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->transactions, 10u);
  EXPECT_FALSE(first->complete);
  EXPECT_EQ(All().back(), "old-10") << "the oldest go first";
  EXPECT_EQ(Forget(At(100), 10), 15u);
  EXPECT_THAT(All(), ElementsAre("newest"));
  EXPECT_EQ(Forget(At(100), 10), 0u);
}

TEST_P(RetentionContract, OneOfManyRowsGoesWhole) {
  for (int i = 0; i < 3; ++i) {
    core::GlobalTransaction large = EndedAt("large-" + std::to_string(i), 1);
    large.branches.resize(2000, large.branches[0]);
    for (size_t row = 0; row < large.branches.size(); ++row)
      large.branches[row].branch_id = std::to_string(row);
    ASSERT_EQ(Insert(large), Result::kDone) << last_error_;
  }
  ASSERT_EQ(Insert(SmallSaga("newest"), At(1)), Result::kDone);
  EXPECT_EQ(Forget(At(5)), 3u);
  EXPECT_THAT(All(), ElementsAre("newest"));
}

TEST_P(RetentionContract, OldOnesAmongOpenAndYoungOnesAreFound) {
  Random random(31);
  std::set<std::string> kept;
  uint64_t old = 0;
  for (int i = 0; i < 500; ++i) {
    const std::string gid = "gid-" + std::to_string(i);
    core::GlobalTransaction transaction = RandomTransaction(random, gid, 4);
    transaction.create_time = At(1);
    transaction.finish_time = {};
    if (random() % 3 != 0) {
      transaction.status = random() % 2 == 0 ? core::Status::kSucceed : core::Status::kFailed;
      transaction.finish_time = At(static_cast<int64_t>(random() % 20));
    }
    if (transaction.finish_time.IsSet() && transaction.finish_time < At(10)) {
      ++old;
    } else {
      kept.insert(gid);
    }
    ASSERT_EQ(Insert(transaction, base::kNever), Result::kDone) << last_error_;
  }
  ASSERT_GT(old, 50u);
  ASSERT_EQ(Insert(SmallSaga("newest"), At(1)), Result::kDone);
  kept.insert("newest");
  EXPECT_EQ(Forget(At(10), 7), old);
  EXPECT_THAT(All(), UnorderedElementsAreArray(kept));
  // What is too young now is found later.
  EXPECT_GT(Forget(At(15), 7), 0u);
  Reopen();
  EXPECT_GT(Forget(At(20), 7), 0u);
  EXPECT_EQ(Forget(At(20), 7), 0u);
  const auto counts = query().Count();
  ASSERT_TRUE(counts.ok());
  uint64_t open = 0;
  for (const auto& [status, count] : counts->open) open += count;
  EXPECT_EQ(All().size(), open);
}

TEST_P(RetentionContract, WritingGoesOnBesideIt) {
  for (int i = 0; i < 40; ++i)
    ASSERT_EQ(Insert(EndedAt("old-" + std::to_string(i), 1)), Result::kDone);
  core::GlobalTransaction open = SmallSaga("open");
  ASSERT_EQ(Insert(open, At(1)), Result::kDone);
  const std::vector<uint32_t> rows = {1};
  for (int round = 0; round < 8; ++round) {
    ASSERT_TRUE(retention().DeleteFinished(At(5), 5).ok());
    open.version += 1;
    open.branches[1].attempts += 1;
    ASSERT_EQ(Update(open, At(2), &rows), Result::kDone) << last_error_;
    ASSERT_EQ(Stored("open"), open);
  }
  EXPECT_THAT(All(), ElementsAre("open"));
  ExpectNextDue(base::kNever);
}

INSTANTIATE_TEST_SUITE_P(Stores, RetentionContract, ::testing::ValuesIn(StoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace saga::contract
