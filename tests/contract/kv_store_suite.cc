// Small records: what is there, what a version is for, pages, and writers side by side with the
// store's commits.

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr base::Time At(int64_t seconds) {
  return base::Time{1'700'000'000'000'000} + base::Seconds(seconds);
}

class KvStoreContract : public StoreContract {
 protected:
  port::KvRecord Found(const std::string& category, const std::string& key) {
    auto found = kv().FindKv(category, key);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : port::KvRecord();
  }

  // "category/key" of the records.
  std::vector<std::string> Listed(const port::KvFilter& filter) {
    const auto page = kv().ListKv(filter);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> names;
    if (!page.ok()) return names;
    for (const port::KvRecord& record : *page)
      names.push_back(absl::StrCat(record.category, "/", record.key));
    return names;
  }

  void Create(const std::string& category, const std::string& key) {
    ASSERT_TRUE(kv().CreateKv(category, key, "v", At(0)).ok());
  }

  // Adds 1 to the number in "counters/<key>" until it has been added `times` times, however often
  // others are faster. Returns how often they were.
  int Count(const std::string& key, int times) {
    int lost = 0;
    while (times > 0) {
      const port::KvRecord record = Found("counters", key);
      int number = 0;
      EXPECT_TRUE(absl::SimpleAtoi(record.value, &number));
      const absl::Status updated =
          kv().UpdateKv("counters", key, absl::StrCat(number + 1), record.version, At(1));
      EXPECT_TRUE(updated.ok() || absl::IsNotFound(updated)) << updated;
      if (!updated.ok() && !absl::IsNotFound(updated)) break;
      updated.ok() ? --times : ++lost;
    }
    return lost;
  }
};

TEST_P(KvStoreContract, ARecordIsFoundAsItWasCreated) {
  const std::string value("[{\"url\":\"http://a\"}] \xc3\xa4 '\"%\0;", 27);
  ASSERT_TRUE(kv().CreateKv("topics", "paid", value, At(7)).ok());
  const port::KvRecord found = Found("topics", "paid");
  EXPECT_GT(found.id, 0u);
  const port::KvRecord expected{.id = found.id,
                                .category = "topics",
                                .key = "paid",
                                .value = value,
                                .version = 1,
                                .create_time = At(7),
                                .update_time = At(7)};
  EXPECT_EQ(found, expected);
  Reopen();
  EXPECT_EQ(Found("topics", "paid"), expected);
}

TEST_P(KvStoreContract, AnEmptyValueIsAValue) {
  ASSERT_TRUE(kv().CreateKv("topics", "paid", "", At(7)).ok());
  EXPECT_EQ(Found("topics", "paid").value, "");
}

TEST_P(KvStoreContract, AKeyIsTakenOncePerCategory) {
  ASSERT_TRUE(kv().CreateKv("topics", "paid", "first", At(1)).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(kv().CreateKv("topics", "paid", "second", At(2))));
  EXPECT_EQ(Found("topics", "paid").value, "first");
  EXPECT_TRUE(kv().CreateKv("others", "paid", "third", At(3)).ok());
  EXPECT_TRUE(kv().CreateKv("topics", "Paid", "fourth", At(4)).ok());
  EXPECT_TRUE(absl::IsNotFound(kv().FindKv("topics", "PAID").status()));
  EXPECT_TRUE(absl::IsNotFound(kv().FindKv("", "paid").status()));
}

TEST_P(KvStoreContract, AnUpdateNeedsTheVersionItSaw) {
  ASSERT_TRUE(kv().CreateKv("topics", "paid", "one", At(1)).ok());
  const port::KvRecord created = Found("topics", "paid");
  EXPECT_TRUE(kv().UpdateKv("topics", "paid", "two", 1, At(5)).ok());
  port::KvRecord expected = created;
  expected.value = "two";
  expected.version = 2;
  expected.update_time = At(5);
  EXPECT_EQ(Found("topics", "paid"), expected);
  // Of two that saw the same, one is told to look again.
  EXPECT_TRUE(absl::IsNotFound(kv().UpdateKv("topics", "paid", "three", 1, At(6))));
  EXPECT_TRUE(absl::IsNotFound(kv().UpdateKv("topics", "paid", "three", 3, At(6))));
  EXPECT_TRUE(absl::IsNotFound(kv().UpdateKv("topics", "nobody", "three", 2, At(6))));
  EXPECT_EQ(Found("topics", "paid"), expected);
}

TEST_P(KvStoreContract, WhatIsDeletedIsGoneAndMayBeCreatedAnew) {
  ASSERT_TRUE(kv().CreateKv("topics", "paid", "one", At(1)).ok());
  ASSERT_TRUE(kv().UpdateKv("topics", "paid", "two", 1, At(2)).ok());
  const uint64_t first_id = Found("topics", "paid").id;
  EXPECT_TRUE(kv().DeleteKv("topics", "paid").ok());
  EXPECT_TRUE(absl::IsNotFound(kv().FindKv("topics", "paid").status()));
  EXPECT_THAT(Listed({}), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(kv().DeleteKv("topics", "paid")));
  EXPECT_TRUE(absl::IsNotFound(kv().UpdateKv("topics", "paid", "three", 2, At(3))));
  Reopen();
  ASSERT_TRUE(kv().CreateKv("topics", "paid", "anew", At(4)).ok());
  const port::KvRecord anew = Found("topics", "paid");
  EXPECT_EQ(anew.version, 1u);
  EXPECT_EQ(anew.create_time, At(4));
  EXPECT_GT(anew.id, first_id);
}

TEST_P(KvStoreContract, ListsTheNewestFirst) {
  EXPECT_THAT(Listed({}), IsEmpty());
  Create("topics", "a");
  Create("others", "a");
  Create("topics", "b");
  Create("topics", "c");
  ASSERT_TRUE(kv().UpdateKv("topics", "a", "w", 1, At(1)).ok());
  EXPECT_THAT(Listed({}), ElementsAre("topics/c", "topics/b", "others/a", "topics/a"));
  EXPECT_THAT(Listed({.category = "topics"}), ElementsAre("topics/c", "topics/b", "topics/a"));
  EXPECT_THAT(Listed({.key = "a"}), ElementsAre("others/a", "topics/a"));
  EXPECT_THAT(Listed({.category = "topics", .key = "a"}), ElementsAre("topics/a"));
  EXPECT_THAT(Listed({.category = "topic"}), IsEmpty());
  EXPECT_THAT(Listed({.category = "%"}), IsEmpty());
  EXPECT_THAT(Listed({.limit = 2}), ElementsAre("topics/c", "topics/b"));
  EXPECT_THAT(Listed({.limit = 0}), IsEmpty());
  const auto whole = kv().ListKv({.category = "topics", .key = "a"});
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->front(), Found("topics", "a"));
}

TEST_P(KvStoreContract, PagesMeetEachRecordOnce) {
  for (int i = 0; i < 7; ++i) {
    Create("topics", absl::StrCat("t", i));
    Create("others", absl::StrCat("o", i));
  }
  std::vector<std::string> seen;
  port::KvFilter filter{.category = "topics", .limit = 2};
  for (int pages = 0;; ++pages) {
    ASSERT_LT(pages, 10);
    const auto page = kv().ListKv(filter);
    ASSERT_TRUE(page.ok());
    if (page->empty()) break;
    for (const port::KvRecord& record : *page) seen.push_back(record.key);
    filter.before_id = page->back().id;
    // What comes or goes meanwhile moves nothing that is still to come.
    Create("topics", absl::StrCat("new", pages));
    ASSERT_TRUE(kv().DeleteKv("topics", page->front().key).ok());
  }
  EXPECT_THAT(seen, ElementsAre("t6", "t5", "t4", "t3", "t2", "t1", "t0"));
}

TEST_P(KvStoreContract, NoUpdateOfManyAtOnceIsLost) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 25;
  ASSERT_TRUE(kv().CreateKv("counters", "all", "0", At(0)).ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([this] { Count("all", kTimes); });
  for (std::thread& thread : threads) thread.join();
  const port::KvRecord counted = Found("counters", "all");
  EXPECT_EQ(counted.value, absl::StrCat(kThreads * kTimes));
  EXPECT_EQ(counted.version, 1u + kThreads * kTimes);
}

// Each side writes without a pause until the other has done its share: neither fails, and neither
// is passed over.
TEST_P(KvStoreContract, RecordsAreWrittenWhileTheStoreCommits) {
  constexpr int kShare = 60;
  ASSERT_TRUE(kv().CreateKv("counters", "a", "0", At(0)).ok());
  ASSERT_TRUE(kv().CreateKv("counters", "b", "0", At(0)).ok());
  std::atomic<int> batches{0};
  std::atomic<int> counted{0};
  std::atomic<int> failed{0};
  std::thread committing([&] {
    while ((batches < kShare || counted < 2 * kShare) && failed == 0) {
      std::vector<core::GlobalTransaction> transactions;
      for (int i = 0; i < 5; ++i)
        transactions.push_back(SmallSaga(absl::StrCat("order-", batches.load(), "-", i)));
      std::vector<port::Write> writes;
      for (const core::GlobalTransaction& transaction : transactions)
        writes.push_back(InsertOf(transaction, At(1)));
      for (const port::WriteResult& result : store().Commit(writes)) {
        EXPECT_EQ(result.kind, Result::kDone) << result.error;
        if (result.kind != Result::kDone) ++failed;
      }
      ++batches;
    }
  });
  const auto count = [&](const std::string& key) {
    for (int times = 0; (times < kShare || batches < kShare) && failed == 0; ++times) {
      Count(key, 1);
      ++counted;
      if (HasFailure()) ++failed;
    }
  };
  std::thread first(count, "a");
  std::thread second(count, "b");
  for (std::thread* thread : {&committing, &first, &second}) thread->join();
  ASSERT_EQ(failed, 0);
  EXPECT_GE(batches, kShare);
  EXPECT_GE(counted, 2 * kShare);
  Reopen();
  int sum = 0;
  for (const std::string key : {"a", "b"}) {
    int number = 0;
    ASSERT_TRUE(absl::SimpleAtoi(Found("counters", key).value, &number));
    sum += number;
  }
  EXPECT_EQ(sum, counted);
  const auto stored = query().List({.limit = static_cast<size_t>(batches * 5 + 1)});
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->size(), static_cast<size_t>(batches * 5));
}

INSTANTIATE_TEST_SUITE_P(Stores, KvStoreContract, ::testing::ValuesIn(StoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace saga::contract
