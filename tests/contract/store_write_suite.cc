// Writing and reading back: equality, versions, batches, odd values.

#include <algorithm>

#include "orchestrator/core/limits.h"
#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

constexpr base::Time kSoon{1'700'000'001'000'000};

TEST_P(StoreContract, ReadsBackWhatWasWritten) {
  Random random(7);
  for (int i = 0; i < 300; ++i) {
    const core::GlobalTransaction written = RandomTransaction(random, "gid-" + std::to_string(i));
    ASSERT_EQ(Insert(written, kSoon), Result::kDone) << last_error_;
    ASSERT_EQ(Stored(written.gid), written) << "record " << i;
  }
}

TEST_P(StoreContract, ReadsBackEveryChange) {
  Random random(8);
  for (int i = 0; i < 60; ++i) {
    core::GlobalTransaction transaction = RandomTransaction(random, "gid-" + std::to_string(i));
    ASSERT_EQ(Insert(transaction, kSoon), Result::kDone) << last_error_;
    for (int change = 0; change < 5; ++change) {
      const std::vector<uint32_t> rows = ChangeAtRandom(random, transaction);
      ASSERT_EQ(Update(transaction, kSoon, &rows), Result::kDone) << last_error_;
      ASSERT_EQ(Stored(transaction.gid), transaction) << "record " << i << ", change " << change;
    }
  }
}

TEST_P(StoreContract, SurvivesReopening) {
  Random random(9);
  std::vector<core::GlobalTransaction> written;
  for (int i = 0; i < 50; ++i) {
    written.push_back(RandomTransaction(random, "gid-" + std::to_string(i)));
    ASSERT_EQ(Insert(written.back(), kSoon), Result::kDone);
    if (i % 2 == 0) continue;
    const std::vector<uint32_t> rows = ChangeAtRandom(random, written.back());
    ASSERT_EQ(Update(written.back(), kSoon, &rows), Result::kDone);
  }
  Reopen();
  for (const core::GlobalTransaction& transaction : written)
    ASSERT_EQ(Stored(transaction.gid), transaction);
  // And goes on being written, by a process that never saw it.
  for (core::GlobalTransaction& transaction : written) {
    const std::vector<uint32_t> rows = ChangeAtRandom(random, transaction);
    ASSERT_EQ(Update(transaction, kSoon, &rows), Result::kDone);
    ASSERT_EQ(Stored(transaction.gid), transaction);
  }
}

TEST_P(StoreContract, OnlyToldRowsAreWritten) {
  core::GlobalTransaction transaction = SmallSaga("order-1");
  ASSERT_EQ(Insert(transaction, kSoon), Result::kDone);
  core::GlobalTransaction changed = transaction;
  changed.version = 2;
  changed.branches[1].attempts = 3;
  changed.branches[3].attempts = 4;
  const std::vector<uint32_t> rows = {1};
  ASSERT_EQ(Update(changed, kSoon, &rows), Result::kDone);
  transaction.version = 2;
  transaction.branches[1].attempts = 3;
  // All that differ have to be told; a store that keeps a record in one piece writes the others as
  // well.
  const core::GlobalTransaction stored = Stored("order-1");
  EXPECT_TRUE(stored == transaction || (under_test_->IsShared() && stored == changed));
}

// Where rows carry the same payload a store may keep it once; an edit must reach its row only.
TEST_P(StoreContract, APayloadIsEditedInItsRowOnly) {
  const base::Bytes shared = base::MakeBytes("the same for all");
  for (uint32_t edited = 0; edited < 5; ++edited) {
    core::GlobalTransaction transaction = SmallSaga("order-" + std::to_string(edited));
    transaction.branches.resize(5, transaction.branches[0]);
    for (uint32_t row = 0; row < 5; ++row) {
      transaction.branches[row].branch_id = std::to_string(row);
      transaction.branches[row].payload = shared;
    }
    ASSERT_EQ(Insert(transaction, kSoon), Result::kDone);
    for (const std::string text : {"edited", "", "edited again"}) {
      transaction.version += 1;
      transaction.branches[edited].payload = base::MakeBytes(text);
      transaction.branches[edited].dead = core::DeadReason::kContract;
      // With the row behind it, as the rules tell it, and without.
      std::vector<uint32_t> rows = {edited};
      if (text.empty() && edited < 4) rows.push_back(edited + 1);
      port::Write write = UpdateOf(transaction, kSoon, &rows);
      write.payloads_changed = true;
      ASSERT_EQ(Put(write), Result::kDone) << last_error_;
      ASSERT_EQ(Stored(transaction.gid), transaction) << edited << " " << text;
    }
  }
}

TEST_P(StoreContract, PayloadsStayWhenNobodySaysTheyChanged) {
  core::GlobalTransaction transaction = SmallSaga("order-1");
  ASSERT_EQ(Insert(transaction, kSoon), Result::kDone);
  core::GlobalTransaction changed = transaction;
  changed.version = 2;
  changed.branches[0].payload = base::MakeBytes("slipped in");
  changed.branches[0].attempts = 1;
  const std::vector<uint32_t> rows = {0};
  ASSERT_EQ(Update(changed, kSoon, &rows), Result::kDone);
  changed.branches[0].payload = transaction.branches[0].payload;
  EXPECT_EQ(Stored("order-1"), changed);
}

TEST_P(StoreContract, EditsAmongOtherChanges) {
  Random random(21);
  for (int i = 0; i < 40; ++i) {
    core::GlobalTransaction transaction = RandomTransaction(random, "gid-" + std::to_string(i));
    ASSERT_EQ(Insert(transaction, kSoon), Result::kDone) << last_error_;
    for (int change = 0; change < 5; ++change) {
      const size_t old_rows = transaction.branches.size();
      const std::vector<uint32_t> rows = ChangeAtRandom(random, transaction);
      for (const uint32_t row : rows) {
        if (row < old_rows && random() % 2 == 0)
          transaction.branches[row].payload = base::MakeBytes(RandomBytes(random, 50));
      }
      port::Write write = UpdateOf(transaction, kSoon, &rows);
      write.payloads_changed = true;
      ASSERT_EQ(Put(write), Result::kDone) << last_error_;
      ASSERT_EQ(Stored(transaction.gid), transaction) << "record " << i << ", change " << change;
    }
  }
}

TEST_P(StoreContract, ASecondInsertFindsTheFirst) {
  core::GlobalTransaction first = SmallSaga("order-1");
  ASSERT_EQ(Insert(first, kSoon), Result::kDone);
  first.version = 2;
  first.status = core::Status::kSucceed;
  first.branches[1].status = core::BranchStatus::kSucceed;
  const std::vector<uint32_t> rows = {1};
  ASSERT_EQ(Update(first, base::kNever, &rows), Result::kDone);

  core::GlobalTransaction second = SmallSaga("order-1");
  second.custom_data = "other";
  second.branches.clear();
  const auto results = store().Commit({InsertOf(second, kSoon)});
  ASSERT_EQ(results[0].kind, Result::kAlreadyThere);
  EXPECT_EQ(results[0].existing, first);
  EXPECT_EQ(Stored("order-1"), first);
}

TEST_P(StoreContract, AnUpdateNeedsTheVersionBefore) {
  core::GlobalTransaction transaction = SmallSaga("order-1");
  ASSERT_EQ(Insert(transaction, kSoon), Result::kDone);
  const std::vector<uint32_t> rows = {0};
  const std::vector<core::HistoryEntry> history = {{.time = kSoon, .text = "must not be stored"}};
  for (const uint64_t version : {uint64_t{1}, uint64_t{3}, uint64_t{100}}) {
    core::GlobalTransaction wrong = transaction;
    wrong.version = version;
    wrong.custom_data = "wrong";
    wrong.branches[0].attempts = 9;
    EXPECT_EQ(Update(wrong, kSoon, &rows, &history), Result::kConflict) << version;
  }
  core::GlobalTransaction nobody = SmallSaga("order-2");
  nobody.version = 2;
  EXPECT_EQ(Update(nobody, kSoon, &rows, &history), Result::kConflict);
  EXPECT_EQ(Stored("order-1"), transaction);
  EXPECT_TRUE(query().History("order-1")->empty());
  EXPECT_TRUE(absl::IsNotFound(store().Load("order-2").status()));
}

TEST_P(StoreContract, GoodAndBadWritesOfABatchDoNotDisturbEachOther) {
  const core::GlobalTransaction known = SmallSaga("known");
  core::GlobalTransaction moving = SmallSaga("moving");
  ASSERT_EQ(Insert(known, kSoon), Result::kDone);
  ASSERT_EQ(Insert(moving, kSoon), Result::kDone);

  const core::GlobalTransaction fresh = SmallSaga("fresh");
  const core::GlobalTransaction last = SmallSaga("last");
  core::GlobalTransaction again = SmallSaga("known");
  again.custom_data = "again";
  core::GlobalTransaction stale = SmallSaga("stale");
  stale.version = 7;
  moving.version = 2;
  moving.status = core::Status::kAborting;
  const auto results =
      store().Commit({InsertOf(fresh, kSoon), InsertOf(again, kSoon), UpdateOf(stale, kSoon),
                      UpdateOf(moving, kSoon), InsertOf(last, kSoon)});
  ASSERT_EQ(results.size(), 5u);
  EXPECT_EQ(results[0].kind, Result::kDone);
  EXPECT_EQ(results[1].kind, Result::kAlreadyThere);
  EXPECT_EQ(results[1].existing, known);
  EXPECT_EQ(results[2].kind, Result::kConflict);
  EXPECT_EQ(results[3].kind, Result::kDone);
  EXPECT_EQ(results[4].kind, Result::kDone);
  Reopen();
  EXPECT_EQ(Stored("fresh"), fresh);
  EXPECT_EQ(Stored("known"), known);
  EXPECT_EQ(Stored("moving"), moving);
  EXPECT_EQ(Stored("last"), last);
}

TEST_P(StoreContract, AnEmptyBatchIsNothing) { EXPECT_TRUE(store().Commit({}).empty()); }

TEST_P(StoreContract, ManyWritesInOneBatch) {
  std::vector<core::GlobalTransaction> transactions;
  for (int i = 0; i < 512; ++i) transactions.push_back(SmallSaga("gid-" + std::to_string(i)));
  std::vector<port::Write> batch;
  for (const core::GlobalTransaction& transaction : transactions)
    batch.push_back(InsertOf(transaction, kSoon));
  for (const port::WriteResult& result : store().Commit(batch))
    ASSERT_EQ(result.kind, Result::kDone);
  for (const core::GlobalTransaction& transaction : transactions)
    ASSERT_EQ(Stored(transaction.gid), transaction);
}

TEST_P(StoreContract, GidsThatBeginAlikeAreStrangers) {
  const std::vector<std::string> gids = {"order-1", "order-10", "order-100", "order-",   "order",
                                         "Order-1", "order-1 ", " order-1",  "order-1'", "o"};
  for (size_t i = 0; i < gids.size(); ++i) {
    core::GlobalTransaction transaction = SmallSaga(gids[i]);
    transaction.custom_data = std::to_string(i);
    ASSERT_EQ(Insert(transaction, kSoon), TakenOrNot(gids[i])) << gids[i] << ": " << last_error_;
  }
  core::GlobalTransaction one = Stored("order-1");
  one.version = 2;
  one.status = core::Status::kFailed;
  one.branches[0].attempts = 5;
  const std::vector<uint32_t> rows = {0};
  const std::vector<core::HistoryEntry> history = {{.time = kSoon, .text = "of order-1"}};
  ASSERT_EQ(Update(one, base::kNever, &rows, &history), Result::kDone);
  for (size_t i = 1; i < gids.size(); ++i) {
    if (!under_test_->TakesGid(gids[i])) continue;
    core::GlobalTransaction expected = SmallSaga(gids[i]);
    expected.custom_data = std::to_string(i);
    EXPECT_EQ(Stored(gids[i]), expected);
    EXPECT_TRUE(query().History(gids[i])->empty()) << gids[i];
  }
}

TEST_P(StoreContract, OddGids) {
  const std::vector<std::string> gids = {"it's",
                                         "\"quoted\"",
                                         "a;b",
                                         "%",
                                         "_",
                                         "gid'); DROP TABLE global_transaction; --",
                                         "größe-\xe2\x82\xac-\xf0\x9f\x98\x80",
                                         "tab\tand\nline",
                                         "\xff\xfe\x80",
                                         std::string(128, 'g'),
                                         std::string(127, 'g'),
                                         "",
                                         "0",
                                         "-1",
                                         "1e3",
                                         "NULL"};
  for (const std::string& gid : gids)
    ASSERT_EQ(Insert(SmallSaga(gid), kSoon), TakenOrNot(gid)) << gid << ": " << last_error_;
  Reopen();
  for (const std::string& gid : gids) {
    if (!under_test_->TakesGid(gid)) {
      EXPECT_TRUE(absl::IsNotFound(store().Load(gid).status())) << gid;
      EXPECT_TRUE(absl::IsNotFound(query().Find(gid).status())) << gid;
      continue;
    }
    EXPECT_EQ(Stored(gid), SmallSaga(gid));
    EXPECT_EQ(Insert(SmallSaga(gid), kSoon), Result::kAlreadyThere) << gid;
  }
}

TEST_P(StoreContract, BigTransactions) {
  core::GlobalTransaction wide = SmallSaga("wide");
  wide.branches.clear();
  for (int step = 0; step < 1000; ++step) {
    core::Branch branch = SmallSaga("").branches[0];
    branch.branch_id = std::to_string(step);
    branch.payload = base::MakeBytes("payload of " + std::to_string(step));
    branch.op = core::Op::kCompensate;
    wide.branches.push_back(branch);
    branch.op = core::Op::kAction;
    wide.branches.push_back(branch);
  }
  ASSERT_EQ(Insert(wide, kSoon), Result::kDone);
  EXPECT_EQ(Stored("wide"), wide);
  wide.version = 2;
  wide.branches[0].attempts = 1;
  wide.branches[1999].attempts = 1;
  const std::vector<uint32_t> rows = {0, 1999};
  ASSERT_EQ(Update(wide, kSoon, &rows), Result::kDone);

  core::GlobalTransaction heavy = SmallSaga("heavy");
  heavy.branches[0].payload = base::MakeBytes(std::string(1 << 20, '\0'));
  heavy.branches[1].payload = heavy.branches[0].payload;
  heavy.branches[2].payload = nullptr;
  heavy.branches[3].payload = base::MakeBytes(std::string(1 << 20, 'x'));
  heavy.custom_data = std::string(256 << 10, 'c');
  ASSERT_EQ(Insert(heavy, kSoon), Result::kDone);
  heavy.version = 2;
  heavy.branches[0].attempts = 1;
  heavy.branches[3].attempts = 1;
  const std::vector<uint32_t> heavy_rows = {0, 3};
  ASSERT_EQ(Update(heavy, kSoon, &heavy_rows), Result::kDone);
  Reopen();
  EXPECT_EQ(Stored("wide"), wide);
  EXPECT_EQ(Stored("heavy"), heavy);
}

TEST_P(StoreContract, RegisteringBranchesAppendsRows) {
  core::GlobalTransaction tcc = SmallSaga("tcc");
  tcc.mode = core::Mode::kTcc;
  tcc.status = core::Status::kPrepared;
  tcc.branches.clear();
  ASSERT_EQ(Insert(tcc, kSoon), Result::kDone);
  EXPECT_TRUE(Stored("tcc").branches.empty());
  for (uint32_t i = 0; i < 20; ++i) {
    core::Branch branch;
    branch.branch_id = std::to_string(i);
    branch.op = core::Op::kCancel;
    branch.payload = base::MakeBytes("same");
    tcc.branches.push_back(branch);
    branch.op = core::Op::kConfirm;
    tcc.branches.push_back(branch);
    tcc.version += 1;
    const std::vector<uint32_t> rows = {2 * i, 2 * i + 1};
    ASSERT_EQ(Update(tcc, kSoon, &rows), Result::kDone);
    ASSERT_EQ(Stored("tcc"), tcc);
  }
}

TEST_P(StoreContract, HistoryKeepsItsOrder) {
  Random random(10);
  std::vector<core::HistoryEntry> all;
  core::GlobalTransaction transaction = SmallSaga("order-1");
  for (int i = 0; i < 30; ++i) {
    if (i == 15) Reopen();
    std::vector<core::HistoryEntry> entries;
    for (int k = i % 4; k > 0; --k) entries.push_back(RandomHistory(random));
    all.insert(all.end(), entries.begin(), entries.end());
    transaction.version = static_cast<uint64_t>(i) + 1;
    ASSERT_EQ(i == 0 ? Insert(transaction, kSoon, &entries)
                     : Update(transaction, kSoon, nullptr, &entries),
              Result::kDone);
  }
  EXPECT_EQ(*query().History("order-1"), all);
  EXPECT_TRUE(query().History("order-")->empty());
}

TEST_P(StoreContract, HistoryHasALimit) {
  core::GlobalTransaction transaction = SmallSaga("order-1");
  ASSERT_EQ(Insert(transaction, kSoon), Result::kDone);
  uint32_t number = 0;
  for (int i = 0; i < 30; ++i) {
    std::vector<core::HistoryEntry> entries;
    for (int k = 0; k < 70; ++k)
      entries.push_back({.time = kSoon, .attempt = ++number, .text = "again"});
    transaction.version += 1;
    ASSERT_EQ(Update(transaction, kSoon, nullptr, &entries), Result::kDone);
    const auto kept = query().History("order-1");
    ASSERT_TRUE(kept.ok());
    // Never more than the limit, never far fewer, always the newest, in order.
    ASSERT_LE(kept->size(), core::kMaxHistory);
    ASSERT_GE(kept->size(), std::min<size_t>(number, core::kMaxHistory / 3));
    for (size_t k = 0; k < kept->size(); ++k)
      ASSERT_EQ((*kept)[k].attempt, number - kept->size() + 1 + k);
  }
}

TEST_P(StoreContract, Answers) {
  EXPECT_TRUE(store().Ping().ok());
  EXPECT_FALSE(store().Name().empty());
  EXPECT_TRUE(absl::IsNotFound(store().Load("nobody").status()));
  EXPECT_TRUE(absl::IsNotFound(query().Find("nobody").status()));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::ValuesIn(StoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace saga::contract
