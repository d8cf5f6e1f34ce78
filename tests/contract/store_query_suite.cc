// What people ask: lists, pages, counts.

#include <algorithm>
#include <map>
#include <utility>

#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr base::Time At(int64_t seconds) {
  return base::Time{1'700'000'000'000'000} + base::Seconds(seconds);
}

class StoreQueryContract : public StoreContract {
 protected:
  void Add(const std::string& gid, core::Status status, core::Mode mode, int created) {
    core::GlobalTransaction transaction = SmallSaga(gid);
    transaction.status = status;
    transaction.mode = mode;
    transaction.create_time = At(created);
    ASSERT_EQ(Insert(transaction, core::IsFinal(status) ? base::kNever : At(created)),
              Result::kDone);
  }

  void SetUp() override {
    Add("order-1", core::Status::kSubmitted, core::Mode::kSaga, 1);
    Add("order-2", core::Status::kSucceed, core::Mode::kSaga, 2);
    Add("order-10", core::Status::kFailed, core::Mode::kTcc, 3);
    Add("Order-1", core::Status::kPrepared, core::Mode::kTcc, 4);
    Add("pay-1", core::Status::kAborting, core::Mode::kMessage, 5);
    Add("pay-2", core::Status::kSubmitted, core::Mode::kMessage, 6);
    Add("pay%", core::Status::kFailed, core::Mode::kSaga, 7);
    Add(last_, core::Status::kSucceed, core::Mode::kSaga, 8);
  }

  // Behind all others in any order of texts.
  const std::string last_ = under_test_->TakesGid("\xff\xff") ? "\xff\xff" : "\xf4\x8f\xbf\xbf";
};

TEST_P(StoreContract, FindTellsIdAndWake) {
  const core::GlobalTransaction first = SmallSaga("first");
  const core::GlobalTransaction second = SmallSaga("second");
  ASSERT_EQ(Insert(first, At(5)), Result::kDone);
  ASSERT_EQ(Insert(second, base::kNever), Result::kDone);
  const auto one = query().Find("first");
  const auto two = query().Find("second");
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->transaction, first);
  EXPECT_EQ(one->next_wake, At(5));
  EXPECT_EQ(two->next_wake, base::kNever);
  EXPECT_LT(one->id, two->id);
}

TEST_P(StoreQueryContract, ListsTheNewestFirstWithoutBranches) {
  EXPECT_THAT(Listed({}), ElementsAre(last_, "pay%", "pay-2", "pay-1", "Order-1", "order-10",
                                      "order-2", "order-1"));
  EXPECT_THAT(Listed({.limit = 3}), ElementsAre(last_, "pay%", "pay-2"));
  EXPECT_THAT(Listed({.limit = 0}), IsEmpty());
  const auto page = query().List({.limit = 1});
  ASSERT_TRUE(page.ok());
  core::GlobalTransaction expected = *store().Load(last_);
  EXPECT_FALSE(expected.branches.empty());
  expected.branches.clear();
  EXPECT_EQ(page->front().transaction, expected);
}

TEST_P(StoreQueryContract, FiltersByStatusAndMode) {
  using core::Mode;
  using core::Status;
  EXPECT_THAT(Listed({.statuses = {Status::kSubmitted}}), ElementsAre("pay-2", "order-1"));
  EXPECT_THAT(Listed({.statuses = {Status::kPrepared, Status::kAborting}}),
              ElementsAre("pay-1", "Order-1"));
  EXPECT_THAT(Listed({.statuses = {Status::kFailed}}), ElementsAre("pay%", "order-10"));
  EXPECT_THAT(Listed({.statuses = {Status::kSucceed}}), ElementsAre(last_, "order-2"));
  EXPECT_THAT(Listed({.statuses = {Status::kFailed, Status::kSubmitted}}),
              ElementsAre("pay%", "pay-2", "order-10", "order-1"));
  EXPECT_THAT(Listed({.modes = {Mode::kTcc}}), ElementsAre("Order-1", "order-10"));
  EXPECT_THAT(Listed({.modes = {Mode::kTcc, Mode::kMessage}}),
              ElementsAre("pay-2", "pay-1", "Order-1", "order-10"));
  EXPECT_THAT(Listed({.statuses = {Status::kFailed}, .modes = {Mode::kTcc}}),
              ElementsAre("order-10"));
}

TEST_P(StoreQueryContract, FiltersByGidPrefix) {
  EXPECT_THAT(Listed({.gid_prefix = "order-"}), ElementsAre("order-10", "order-2", "order-1"));
  EXPECT_THAT(Listed({.gid_prefix = "order-1"}), ElementsAre("order-10", "order-1"));
  EXPECT_THAT(Listed({.gid_prefix = "order-10"}), ElementsAre("order-10"));
  EXPECT_THAT(Listed({.gid_prefix = "ORDER"}), IsEmpty());
  EXPECT_THAT(Listed({.gid_prefix = "pay%"}), ElementsAre("pay%"));
  EXPECT_THAT(Listed({.gid_prefix = "%"}), IsEmpty());
  EXPECT_THAT(Listed({.gid_prefix = "_"}), IsEmpty());
  EXPECT_THAT(Listed({.gid_prefix = last_.substr(0, 1)}), ElementsAre(last_));
  EXPECT_THAT(Listed({.gid_prefix = last_}), ElementsAre(last_));
  EXPECT_THAT(Listed({.statuses = {core::Status::kFailed}, .gid_prefix = "pay"}),
              ElementsAre("pay%"));
}

TEST_P(StoreQueryContract, FiltersByCreateTime) {
  EXPECT_THAT(Listed({.created_from = At(7)}), ElementsAre(last_, "pay%"));
  EXPECT_THAT(Listed({.created_to = At(2)}), ElementsAre("order-2", "order-1"));
  EXPECT_THAT(Listed({.created_from = At(3), .created_to = At(4)}),
              ElementsAre("Order-1", "order-10"));
  EXPECT_THAT(Listed({.gid_prefix = "pay", .created_from = At(6), .created_to = At(6)}),
              ElementsAre("pay-2"));
}

TEST_P(StoreQueryContract, FiltersByNextWake) {
  // Ended ones never wake.
  EXPECT_THAT(Listed({.wakes_after = At(4)}), ElementsAre("pay-2", "pay-1"));
  EXPECT_THAT(Listed({.wakes_after = At(0), .limit = 3}), ElementsAre("pay-2", "pay-1", "Order-1"));
  EXPECT_THAT(Listed({.modes = {core::Mode::kTcc}, .wakes_after = At(0)}), ElementsAre("Order-1"));
  EXPECT_THAT(Listed({.gid_prefix = "pay-1", .wakes_after = At(0)}), ElementsAre("pay-1"));
  EXPECT_THAT(Listed({.statuses = {core::Status::kFailed}, .wakes_after = At(0)}), IsEmpty());
}

TEST_P(StoreQueryContract, PagesMeetEachTransactionOnce) {
  for (const std::string prefix : {"", "order-"}) {
    std::vector<std::string> seen;
    port::ListFilter filter{.gid_prefix = prefix, .limit = 2};
    for (int page_number = 0; page_number < 10; ++page_number) {
      const auto page = query().List(filter);
      ASSERT_TRUE(page.ok());
      if (page->empty()) break;
      for (const port::StoredTransaction& stored : *page) seen.push_back(stored.transaction.gid);
      filter.before_id = page->back().id;
      // What comes in meanwhile belongs to no page.
      Add("order-x" + std::to_string(page_number) + prefix, core::Status::kSubmitted,
          core::Mode::kSaga, 20);
    }
    // The first round left four more orders behind.
    const size_t expected = prefix.empty() ? 8 : 3 + 4;
    EXPECT_EQ(seen.size(), expected) << prefix;
    std::sort(seen.begin(), seen.end());
    EXPECT_TRUE(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  }
}

TEST_P(StoreQueryContract, CountsOpenOnes) {
  const auto counts = query().Count();
  ASSERT_TRUE(counts.ok());
  const std::map<core::Status, uint64_t> open = {
      {core::Status::kPrepared, 1}, {core::Status::kSubmitted, 2}, {core::Status::kAborting, 1}};
  EXPECT_EQ(counts->open, open);
  EXPECT_EQ(counts->oldest_open, At(1));
  core::GlobalTransaction oldest = *store().Load("order-1");
  oldest.version = 2;
  oldest.status = core::Status::kSucceed;
  ASSERT_EQ(Update(oldest), Result::kDone);
  EXPECT_EQ(query().Count()->oldest_open, At(4));
}

TEST_P(StoreContract, AnEmptyStoreCountsNothing) {
  const auto counts = query().Count();
  ASSERT_TRUE(counts.ok());
  EXPECT_TRUE(counts->open.empty());
  EXPECT_FALSE(counts->oldest_open.IsSet());
  EXPECT_THAT(Listed({}), IsEmpty());
}

TEST_P(StoreContract, EveryReadCounts) {
  ASSERT_EQ(Insert(SmallSaga("order-1"), At(1)), Result::kDone);
  uint64_t before = query().QueryCount();
  const auto grew = [&] {
    const uint64_t now = query().QueryCount();
    return now > std::exchange(before, now);
  };
  // Where others share the store, looks for what they left are reads too.
  const bool alone = !under_test_->IsShared();
  EXPECT_TRUE(!grew() || !alone);
  ASSERT_TRUE(store().Load("order-1").ok());
  EXPECT_TRUE(grew());
  ASSERT_TRUE(query().Find("order-1").ok());
  EXPECT_TRUE(grew());
  ASSERT_TRUE(query().List({}).ok());
  EXPECT_TRUE(grew());
  ASSERT_TRUE(query().History("order-1").ok());
  EXPECT_TRUE(grew());
  ASSERT_TRUE(query().Count().ok());
  EXPECT_TRUE(grew());
  // Writing what is held needs no read at all.
  core::GlobalTransaction transaction = SmallSaga("order-1");
  transaction.version = 2;
  const std::vector<uint32_t> rows = {0};
  const std::vector<core::HistoryEntry> history = {{.time = At(1)}};
  ASSERT_EQ(Update(transaction, At(1), &rows, &history), Result::kDone);
  EXPECT_TRUE(!grew() || !alone);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreQueryContract, ::testing::ValuesIn(StoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace saga::contract
