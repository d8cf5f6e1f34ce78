// Who holds what: ClaimDue, Claim, Release, NextDue.

#include <algorithm>
#include <map>
#include <set>

#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr base::Time At(int64_t seconds) {
  return base::Time{1'700'000'000'000'000} + base::Seconds(seconds);
}

TEST_P(StoreContract, InsertingHolds) {
  ASSERT_EQ(Insert(SmallSaga("mine"), At(1)), Result::kDone);
  EXPECT_THAT(ClaimDue(At(100)), IsEmpty());
  ExpectNextDue(base::kNever);
  Reopen();
  ExpectNextDue(At(1));
  EXPECT_THAT(ClaimDue(At(100)), ElementsAre("mine"));
}

TEST_P(StoreContract, ClaimsTheLongestDueFirstUpToTheLimit) {
  for (const int second : {5, 3, 1, 4, 2, 9}) {
    ASSERT_EQ(Insert(SmallSaga("at-" + std::to_string(second)), At(second)), Result::kDone);
  }
  Reopen();
  EXPECT_THAT(ClaimDue(At(0)), IsEmpty());
  ExpectNextDue(At(1));
  EXPECT_THAT(ClaimDue(At(5), 2), ElementsAre("at-1", "at-2"));
  ExpectNextDue(At(3));
  EXPECT_THAT(ClaimDue(At(5), 0), IsEmpty());
  EXPECT_THAT(ClaimDue(At(5), 2), ElementsAre("at-3", "at-4"));
  EXPECT_THAT(ClaimDue(At(5), 2), ElementsAre("at-5"));
  EXPECT_THAT(ClaimDue(At(5), 2), IsEmpty());
  ExpectNextDue(At(9));
  EXPECT_THAT(ClaimDue(At(9)), ElementsAre("at-9"));
  ExpectNextDue(base::kNever);
}

TEST_P(StoreContract, ClaimedRecordsAreWhole) {
  Random random(11);
  std::vector<core::GlobalTransaction> written;
  for (int i = 0; i < 20; ++i) {
    written.push_back(RandomTransaction(random, "gid-" + std::to_string(i)));
    ASSERT_EQ(Insert(written.back(), At(i)), Result::kDone);
  }
  Reopen();
  const auto claimed = store().ClaimDue(At(100), 100);
  ASSERT_TRUE(claimed.ok());
  EXPECT_EQ(*claimed, written);
}

TEST_P(StoreContract, EqualTimesAreAllClaimedOnce) {
  for (int i = 0; i < 30; ++i)
    ASSERT_EQ(Insert(SmallSaga("gid-" + std::to_string(i)), At(1)), Result::kDone);
  Reopen();
  std::set<std::string> seen;
  for (int page = 0; page < 3; ++page) {
    const std::vector<std::string> claimed = ClaimDue(At(1), 10);
    ASSERT_EQ(claimed.size(), 10u);
    seen.insert(claimed.begin(), claimed.end());
  }
  EXPECT_EQ(seen.size(), 30u);
  EXPECT_THAT(ClaimDue(At(1), 10), IsEmpty());
}

TEST_P(StoreContract, ReleaseGivesBack) {
  ASSERT_EQ(Insert(SmallSaga("early"), At(1)), Result::kDone);
  ASSERT_EQ(Insert(SmallSaga("late"), At(50)), Result::kDone);
  store().Release("late");
  ExpectNextDue(At(50));
  store().Release("early");
  ExpectNextDue(At(1));
  store().Release("early");
  store().Release("nobody");
  EXPECT_THAT(ClaimDue(At(10)), ElementsAre("early"));
  ExpectNextDue(At(50));
  store().Release("early");
  EXPECT_THAT(ClaimDue(At(60)), ElementsAre("early", "late"));
}

TEST_P(StoreContract, ReleaseGivesBackWithTheLatestTime) {
  core::GlobalTransaction transaction = SmallSaga("moved");
  ASSERT_EQ(Insert(transaction, At(1)), Result::kDone);
  transaction.version = 2;
  ASSERT_EQ(Update(transaction, At(30)), Result::kDone);
  store().Release("moved");
  ExpectNextDue(At(30));
  EXPECT_THAT(ClaimDue(At(29)), IsEmpty());
  EXPECT_THAT(ClaimDue(At(30)), ElementsAre("moved"));
  transaction.version = 3;
  ASSERT_EQ(Update(transaction, base::kNever), Result::kDone);
  store().Release("moved");
  ExpectNextDue(base::kNever);
  EXPECT_THAT(ClaimDue(At(1000)), IsEmpty());
}

TEST_P(StoreContract, ClaimTakesOne) {
  ASSERT_EQ(Insert(SmallSaga("one"), At(1)), Result::kDone);
  ASSERT_EQ(Insert(SmallSaga("two"), At(2)), Result::kDone);
  Reopen();
  ASSERT_TRUE(store().Load("one").ok());
  EXPECT_TRUE(store().Claim("one").Ours());
  EXPECT_TRUE(store().Claim("one").Ours());
  ExpectNextDue(At(2));
  EXPECT_THAT(ClaimDue(At(10)), ElementsAre("two"));
  store().Release("one");
  EXPECT_THAT(ClaimDue(At(10)), ElementsAre("one"));
  EXPECT_FALSE(store().Claim("nobody").Ours());
}

TEST_P(StoreContract, TheNextDueFollowsAClaim) {
  ASSERT_EQ(Insert(SmallSaga("one"), At(1)), Result::kDone);
  ASSERT_EQ(Insert(SmallSaga("two"), At(2)), Result::kDone);
  Reopen();
  ExpectNextDue(At(1));
  EXPECT_TRUE(store().Claim("one").Ours());
  ExpectNextDue(At(2));
  EXPECT_TRUE(store().Claim("two").Ours());
  ExpectNextDue(base::kNever);
}

TEST_P(StoreContract, EndedOnesAreNeverDue) {
  core::GlobalTransaction transaction = SmallSaga("ends");
  ASSERT_EQ(Insert(transaction, At(1)), Result::kDone);
  ASSERT_EQ(Insert(SmallSaga("stays"), At(2)), Result::kDone);
  transaction.version = 2;
  transaction.status = core::Status::kSucceed;
  ASSERT_EQ(Update(transaction, base::kNever), Result::kDone);
  EXPECT_FALSE(store().Claim("ends").Ours());
  store().Release("ends");
  ExpectNextDue(base::kNever);
  core::GlobalTransaction born_ended = SmallSaga("born ended");
  born_ended.status = core::Status::kFailed;
  ASSERT_EQ(Insert(born_ended, base::kNever), Result::kDone);
  Reopen();
  ExpectNextDue(At(2));
  EXPECT_THAT(ClaimDue(At(10)), ElementsAre("stays"));
}

TEST_P(StoreContract, WritingAFreeOneMovesItsTime) {
  core::GlobalTransaction transaction = SmallSaga("free");
  ASSERT_EQ(Insert(transaction, At(5)), Result::kDone);
  Reopen();
  ExpectNextDue(At(5));
  transaction.version = 2;
  ASSERT_EQ(Update(transaction, At(9)), Result::kDone);
  ExpectNextDue(At(9));
  transaction.version = 3;
  ASSERT_EQ(Update(transaction, At(3)), Result::kDone);
  ExpectNextDue(At(3));
  EXPECT_THAT(ClaimDue(At(4)), ElementsAre("free"));
}

TEST_P(StoreContract, AClaimedOneIsWrittenLikeAnyOther) {
  Random random(12);
  core::GlobalTransaction transaction = SmallSaga("claimed");
  const std::vector<core::HistoryEntry> first = {RandomHistory(random)};
  const std::vector<core::HistoryEntry> second = {RandomHistory(random)};
  ASSERT_EQ(Insert(transaction, At(1), &first), Result::kDone);
  Reopen();
  ASSERT_THAT(ClaimDue(At(1)), ElementsAre("claimed"));
  transaction.version = 2;
  transaction.status = core::Status::kFailed;
  transaction.branches[2].attempts = 4;
  const std::vector<uint32_t> rows = {2};
  ASSERT_EQ(Update(transaction, base::kNever, &rows, &second), Result::kDone);
  EXPECT_EQ(Stored("claimed"), transaction);
  EXPECT_THAT(*query().History("claimed"), ElementsAre(first[0], second[0]));
  EXPECT_THAT(ClaimDue(At(1000)), IsEmpty());
}

// Who holds what and when it is due, kept the plain way.
struct Known {
  core::GlobalTransaction transaction;
  base::Time wake;
  bool held = true;

  bool IsOpen() const { return !core::IsFinal(transaction.status); }
};
using Model = std::map<std::string, Known>;

std::vector<std::string> FreeAt(const Model& model, base::Time now) {
  std::vector<std::string> due;
  for (const auto& [gid, known] : model) {
    if (!known.held && known.IsOpen() && known.wake <= now) due.push_back(gid);
  }
  return due;
}

base::Time NextOf(const Model& model) {
  base::Time next = base::kNever;
  for (const std::string& gid : FreeAt(model, base::kNever)) {
    next = std::min(next, model.at(gid).wake);
  }
  return next;
}

// `claimed` is what a store gave for `now` and `limit`: enough, free, in order, and nobody who
// waited longer left out.
void ExpectRightClaim(Model& model, base::Time now, size_t limit,
                      const std::vector<std::string>& claimed) {
  const std::vector<std::string> due = FreeAt(model, now);
  ASSERT_EQ(claimed.size(), std::min(limit, due.size()));
  base::Time before{0};
  for (const std::string& gid : claimed) {
    ASSERT_TRUE(std::find(due.begin(), due.end(), gid) != due.end()) << gid;
    ASSERT_GE(model[gid].wake, before);
    before = model[gid].wake;
    model[gid].held = true;
  }
  for (const std::string& left : FreeAt(model, now)) ASSERT_GE(model[left].wake, before);
}

// Any order of acts against the model.
TEST_P(StoreContract, ClaimsAgreeWithAModel) {
  Random random(13);
  Model model;
  for (int act = 0; act < 3000 && !HasFailure(); ++act) {
    const std::string gid = "gid-" + std::to_string(random() % 40);
    const base::Time when =
        random() % 6 == 0 ? base::kNever : At(static_cast<int64_t>(random() % 50));
    const auto known = model.find(gid);
    const bool open = known != model.end() && known->second.IsOpen();
    switch (random() % 6) {
      case 0:
      case 1:
        if (known == model.end()) {
          model[gid] = {.transaction = SmallSaga(gid), .wake = when};
          ASSERT_EQ(Insert(model[gid].transaction, when), Result::kDone);
        } else if (open) {
          known->second.transaction.version += 1;
          known->second.wake = when;
          if (random() % 30 == 0) known->second.transaction.status = core::Status::kSucceed;
          ASSERT_EQ(Update(known->second.transaction, when), Result::kDone);
        }
        break;
      case 2:
        store().Release(gid);
        if (known != model.end()) known->second.held = false;
        break;
      case 3:
        ASSERT_EQ(store().Claim(gid).Ours(), open);
        if (open) known->second.held = true;
        break;
      case 4: {
        const base::Time now = At(static_cast<int64_t>(random() % 50));
        const size_t limit = random() % 8;
        ExpectRightClaim(model, now, limit, ClaimDue(now, limit));
        break;
      }
      case 5:
        ExpectNextDue(NextOf(model));
        break;
    }
    if (random() % 500 == 0) {
      Reopen();
      for (auto& [name, value] : model) value.held = false;
    }
  }
}

TEST_P(StoreContract, ThousandsHeldCostNothing) {
  std::vector<core::GlobalTransaction> held;
  for (int i = 0; i < 5000; ++i) held.push_back(SmallSaga("held-" + std::to_string(i)));
  for (size_t from = 0; from < held.size(); from += 500) {
    std::vector<port::Write> batch;
    for (size_t i = from; i < from + 500; ++i) batch.push_back(InsertOf(held[i], At(1)));
    for (const port::WriteResult& result : store().Commit(batch))
      ASSERT_EQ(result.kind, Result::kDone);
  }
  ASSERT_EQ(Insert(SmallSaga("free"), At(60)), Result::kDone);
  store().Release("free");
  ExpectNextDue(At(60));
  // Idle: the next due time is known, and nothing that is not due is looked for.
  const uint64_t before = query().QueryCount();
  for (int i = 0; i < 1000; ++i) {
    ExpectNextDue(At(60));
    EXPECT_THAT(ClaimDue(At(50)), IsEmpty());
  }
  EXPECT_TRUE(under_test_->IsShared() || query().QueryCount() == before);
  EXPECT_THAT(ClaimDue(At(60)), ElementsAre("free"));
}

}  // namespace
}  // namespace saga::contract
