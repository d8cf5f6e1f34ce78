#pragma once

// The contract of port/transaction_store.h, transaction_query.h, kv_store.h, outbox_store.h,
// job_store.h, dead_letter_query.h and retention.h as tests. They run on every store that
// StoresUnderTest names: those that need nothing but this process in stores_under_test.cc, those on
// a database in mysql_store_under_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "orchestrator/port/dead_letter_query.h"
#include "orchestrator/port/job_store.h"
#include "orchestrator/port/kv_store.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/retention.h"
#include "orchestrator/port/transaction_query.h"
#include "orchestrator/port/transaction_store.h"
#include "tests/contract/random_record.h"

namespace saga::contract {

// An empty store at first.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual port::TransactionStore& store() = 0;
  virtual port::TransactionQuery& query() = 0;
  virtual port::KvStore& kv() = 0;
  virtual port::OutboxStore& outbox() = 0;
  virtual port::JobStore& jobs() = 0;
  virtual port::DeadLetterQuery& dead_letters() = 0;
  virtual port::Retention& retention() = 0;
  // As a new process finds it: everything committed is there, nothing is held.
  virtual void Reopen() = 0;
  // Whether other processes may work on the store: NextDue may name an earlier time then, and looks
  // for what they left are reads.
  virtual bool IsShared() const { return false; }
  // False: the write fails, with a text; nothing else may go wrong with it.
  virtual bool TakesGid(const std::string&) const { return true; }
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;

  friend void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }
};

// Every store of this program.
std::vector<StoreKind> StoresUnderTest();

class StoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  using Result = port::WriteResult::Kind;

  port::TransactionStore& store() { return under_test_->store(); }
  port::TransactionQuery& query() { return under_test_->query(); }
  port::KvStore& kv() { return under_test_->kv(); }
  port::OutboxStore& outbox() { return under_test_->outbox(); }
  port::JobStore& jobs() { return under_test_->jobs(); }
  port::DeadLetterQuery& dead_letters() { return under_test_->dead_letters(); }
  port::Retention& retention() { return under_test_->retention(); }
  void Reopen() { under_test_->Reopen(); }

  // Commits one write and returns what came of it.
  Result Put(const port::Write& write) {
    const std::vector<port::WriteResult> results = store().Commit({write});
    EXPECT_EQ(results.size(), 1u);
    last_error_ = results[0].error;
    return results[0].kind;
  }
  Result Insert(const core::GlobalTransaction& transaction, base::Time next_wake = base::kNever,
                const std::vector<core::HistoryEntry>* history = nullptr) {
    return Put(InsertOf(transaction, next_wake, history));
  }
  Result Update(const core::GlobalTransaction& transaction, base::Time next_wake = base::kNever,
                const std::vector<uint32_t>* rows = nullptr,
                const std::vector<core::HistoryEntry>* history = nullptr) {
    return Put(UpdateOf(transaction, next_wake, rows, history));
  }

  // What inserting a gid for the first time comes to.
  Result TakenOrNot(const std::string& gid) const {
    return under_test_->TakesGid(gid) ? Result::kDone : Result::kFailed;
  }

  // The record as both ports tell it; they must agree.
  core::GlobalTransaction Stored(const std::string& gid) {
    const auto loaded = store().Load(gid);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    const auto found = query().Find(gid);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!loaded.ok() || !found.ok()) return {};
    EXPECT_EQ(*loaded, found->transaction);
    return *loaded;
  }

  std::vector<std::string> Gids(const std::vector<core::GlobalTransaction>& transactions) {
    std::vector<std::string> gids;
    for (const core::GlobalTransaction& transaction : transactions) gids.push_back(transaction.gid);
    return gids;
  }
  std::vector<std::string> Listed(const port::ListFilter& filter) {
    const auto page = query().List(filter);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> gids;
    for (const port::StoredTransaction& stored : *page) gids.push_back(stored.transaction.gid);
    return gids;
  }
  std::vector<std::string> ClaimDue(base::Time now, size_t limit = 100) {
    const auto claimed = store().ClaimDue(now, limit);
    EXPECT_TRUE(claimed.ok()) << claimed.status();
    return Gids(*claimed);
  }
  void ExpectNextDue(base::Time expected) {
    const auto next = store().NextDue();
    ASSERT_TRUE(next.ok()) << next.status();
    if (under_test_->IsShared()) {
      EXPECT_LE(*next, expected);
    } else {
      EXPECT_EQ(*next, expected);
    }
  }

  std::string last_error_;
  std::unique_ptr<StoreUnderTest> under_test_ = GetParam().make();
};

}  // namespace saga::contract
