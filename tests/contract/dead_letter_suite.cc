// Filters and dead letters: whatever a filter says, a store finds what core::Matches and
// core::MatchesDeadLetter find when they look at every record.

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/target.h"
#include "tests/contract/store_suite.h"

namespace saga::contract {
namespace {

using core::Comparison;
using core::Field;
using core::Filter;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr base::Time At(int64_t seconds) {
  return base::Time{1'700'000'000'000'000} + base::Seconds(seconds);
}
constexpr base::Time kNow = At(1000);

// Few words, so that conditions hold for some records and not for others.
const std::vector<std::string> kWords = {
    "",         "a", "A",           "product", "no route to 10.0.0.7",
    "NO ROUTE", "%", "it's \"so\"", "01",      "\xff\x80"};
const std::vector<std::string> kTargets = {"",
                                           "product:81/shop.Stock/Deduct",
                                           "PRODUCT:81/shop.Stock/Return",
                                           "http://order/pay",
                                           "https://order/pay?x=1",
                                           "participant://product/Deduct",
                                           "a"};

template <typename T>
const T& OneOf(Random& random, const std::vector<T>& values) {
  return values[random() % values.size()];
}

core::Branch SomeBranch(Random& random) {
  core::Branch branch;
  branch.branch_id = OneOf(random, kWords);
  branch.op = static_cast<core::Op>(1 + random() % 10);
  branch.target = OneOf(random, kTargets);
  branch.attempts = static_cast<uint32_t>(random() % 5);
  branch.last_error = OneOf(random, kWords);
  if (random() % 3 == 0) {
    branch.dead = static_cast<core::DeadReason>(random() % 5);
    branch.dead_time = At(static_cast<int64_t>(random() % 1000));
    branch.deaths = static_cast<uint32_t>(random() % 3);
  }
  branch.payload = base::MakeBytes(OneOf(random, kWords));
  return branch;
}

// A branch has an op once.
void AddBranch(core::Branch branch, std::vector<core::Branch>* branches) {
  const bool known = std::any_of(branches->begin(), branches->end(), [&](const core::Branch& each) {
    return each.branch_id == branch.branch_id && each.op == branch.op;
  });
  if (!known) branches->push_back(std::move(branch));
}

core::GlobalTransaction SomeTransaction(Random& random, int number,
                                        const std::function<bool(const std::string&)>& takes_gid) {
  core::GlobalTransaction transaction;
  transaction.gid = absl::StrCat(OneOf(random, kWords), number);
  if (!takes_gid(transaction.gid)) transaction.gid = absl::StrCat("other", number);
  transaction.version = 1;
  transaction.status = static_cast<core::Status>(1 + random() % 5);
  transaction.mode = static_cast<core::Mode>(1 + random() % 5);
  transaction.definition = OneOf(random, kWords);
  transaction.rollback_reason = OneOf(random, kWords);
  transaction.create_time = At(static_cast<int64_t>(random() % 1000));
  for (uint64_t i = random() % 4; i > 0; --i) AddBranch(SomeBranch(random), &transaction.branches);
  return transaction;
}

Filter SomeCondition(Random& random) {
  Filter condition{.kind = Filter::Kind::kCondition};
  condition.field = static_cast<Field>(random() % 13);
  constexpr Comparison kOfTexts[] = {Comparison::kEqual, Comparison::kNotEqual,
                                     Comparison::kContains, Comparison::kLacks};
  constexpr Comparison kOfNumbers[] = {Comparison::kEqual,   Comparison::kNotEqual,
                                       Comparison::kLess,    Comparison::kLessOrEqual,
                                       Comparison::kGreater, Comparison::kGreaterOrEqual};
  const std::vector<std::string> states = {"prepared", "submitted", "aborting", "succeed",
                                           "failed",   "open",      "ended"};
  condition.comparison = kOfTexts[random() % 4];
  condition.text = OneOf(random, kWords);
  switch (condition.field) {
    case Field::kState:
      condition.comparison = kOfTexts[random() % 2];
      condition.text = OneOf(random, states);
      break;
    case Field::kMode:
      condition.comparison = kOfTexts[random() % 2];
      condition.text = OneOf<std::string>(random, {"saga", "tcc", "msg", "xa", "workflow"});
      break;
    case Field::kOp:
      condition.comparison = kOfTexts[random() % 2];
      condition.text = OneOf<std::string>(random, {"action", "compensate", "msg", "business"});
      break;
    case Field::kDead:
      condition.comparison = kOfTexts[random() % 2];
      condition.text = OneOf<std::string>(random, {"yes", "no"});
      break;
    case Field::kAge:
      condition.comparison = kOfNumbers[random() % 6];
      condition.number = base::Seconds(static_cast<int64_t>(random() % 1000)).micros;
      break;
    case Field::kAttempts:
      condition.comparison = kOfNumbers[random() % 6];
      condition.number = static_cast<int64_t>(random() % 5);
      break;
    case Field::kGid:
      condition.text += std::to_string(random() % 100);
      break;
    case Field::kDest:
      if (random() % 2 == 0) condition.text = core::DestinationOf(OneOf(random, kTargets));
      break;
    case Field::kReason:
      if (random() % 2 == 0) condition.text = "attempts_used";
      break;
    case Field::kFingerprint:
      if (random() % 2 == 0) condition.text = core::FingerprintOf(OneOf(random, kWords));
      break;
    case Field::kDefinition:
    case Field::kBranch:
    case Field::kError:
      break;
  }
  return condition;
}

Filter SomeFilter(Random& random, int depth) {
  const uint64_t kind = depth == 0 ? 9 : random() % 10;
  if (kind > 5) return SomeCondition(random);
  Filter filter{.kind = kind < 2   ? Filter::Kind::kAnd
                        : kind < 4 ? Filter::Kind::kOr
                                   : Filter::Kind::kNot};
  const uint64_t parts = filter.kind == Filter::Kind::kNot ? 1 : 2 + random() % 2;
  for (uint64_t i = 0; i < parts; ++i) filter.parts.push_back(SomeFilter(random, depth - 1));
  return filter;
}

class DeadLetterContract : public StoreContract {
 protected:
  // Puts random transactions into the store and into model_, which stays in the order of arrival.
  void Fill(Random& random, int count) {
    std::vector<port::Write> writes;
    const auto takes_gid = [this](const std::string& gid) { return under_test_->TakesGid(gid); };
    for (int i = 0; i < count; ++i) model_.push_back(SomeTransaction(random, i, takes_gid));
    for (const core::GlobalTransaction& transaction : model_)
      writes.push_back(InsertOf(transaction, base::kNever));
    for (const port::WriteResult& result : store().Commit(writes))
      ASSERT_EQ(result.kind, Result::kDone) << result.error;
  }
  static Filter Parsed(const std::string& text) {
    const auto filter = core::ParseFilter(text);
    EXPECT_TRUE(filter.ok()) << filter.status();
    return filter.value_or(Filter());
  }
  static std::string Name(const core::GlobalTransaction& transaction, const core::Branch& branch) {
    return absl::StrCat(transaction.gid, "/", branch.branch_id, "/", static_cast<int>(branch.op));
  }
  std::vector<port::DeadLetter> ListDead(const Filter& filter, uint64_t after = 0,
                                         size_t limit = 100000) {
    auto letters = dead_letters().ListDead(filter, kNow, after, limit);
    EXPECT_TRUE(letters.ok()) << letters.status();
    return letters.ok() ? *std::move(letters) : std::vector<port::DeadLetter>();
  }
  std::vector<std::string> DeadNames(const std::string& filter) {
    std::vector<std::string> names;
    for (const port::DeadLetter& letter : ListDead(Parsed(filter)))
      names.push_back(Name(letter.transaction, letter.branch));
    return names;
  }
  // Calls `take(transaction, row)` for the dead letters of the model that match.
  template <typename Take>
  void ForEachDead(const Filter& filter, const Take& take) {
    for (const core::GlobalTransaction& transaction : model_) {
      if (core::IsFinal(transaction.status)) continue;
      for (uint32_t row = 0; row < transaction.branches.size(); ++row) {
        if (transaction.branches[row].dead != core::DeadReason::kNone &&
            core::MatchesDeadLetter(filter, transaction, row, kNow))
          take(transaction, transaction.branches[row]);
      }
    }
  }
  void ExpectDeadAsInModel(const Filter& filter) {
    std::vector<port::DeadLetter> expected;
    ForEachDead(filter,
                [&](const core::GlobalTransaction& transaction, const core::Branch& branch) {
                  expected.push_back({.transaction = transaction, .branch = branch});
                  expected.back().transaction.branches.clear();
                });
    const std::vector<port::DeadLetter> found = ListDead(filter);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i].transaction, expected[i].transaction);
      ASSERT_EQ(found[i].branch, expected[i].branch);
      ASSERT_TRUE(i == 0 || found[i].position > found[i - 1].position);
    }
  }
  void ExpectGroupsAsInModel(const Filter& filter) {
    using Key = std::tuple<std::string, core::Op, std::string>;
    std::map<Key, port::DeadLetterGroup> model;
    ForEachDead(filter, [&](const core::GlobalTransaction&, const core::Branch& branch) {
      port::DeadLetterGroup& group = model[{core::DestinationOf(branch.target), branch.op,
                                            core::FingerprintOf(branch.last_error)}];
      if (group.count++ == 0) group.oldest = group.newest = branch.dead_time;
      group.oldest = std::min(group.oldest, branch.dead_time);
      group.newest = std::max(group.newest, branch.dead_time);
    });
    const auto groups = dead_letters().GroupDead(filter, kNow);
    ASSERT_TRUE(groups.ok()) << groups.status();
    ASSERT_EQ(groups->size(), model.size());
    for (size_t i = 0; i < groups->size(); ++i) {
      const port::DeadLetterGroup& group = (*groups)[i];
      EXPECT_TRUE(i == 0 || group.count <= (*groups)[i - 1].count);
      const auto expected = model.find({group.destination, group.op, group.fingerprint});
      ASSERT_NE(expected, model.end());
      EXPECT_EQ(group.count, expected->second.count);
      EXPECT_EQ(group.oldest, expected->second.oldest);
      EXPECT_EQ(group.newest, expected->second.newest);
      EXPECT_EQ(core::FingerprintOf(group.sample), group.fingerprint);
      model.erase(expected);
    }
  }
  void ExpectListAsInModel(const Filter& filter) {
    std::vector<std::string> expected;
    for (auto it = model_.rbegin(); it != model_.rend(); ++it) {
      if (core::Matches(filter, *it, kNow)) expected.push_back(it->gid);
    }
    ASSERT_EQ(Listed({.filter = filter, .now = kNow, .limit = 100000}), expected);
  }

  std::vector<core::GlobalTransaction> model_;
};

TEST_P(DeadLetterContract, AnyFilterFindsWhatTheRulesFind) {
  Random random(51);
  Fill(random, 300);
  for (int i = 0; i < 1500; ++i) {
    const Filter filter = SomeFilter(random, 3);
    SCOPED_TRACE(absl::StrCat("filter ", i));
    ExpectListAsInModel(filter);
    ExpectDeadAsInModel(filter);
    if (i % 10 == 0) ExpectGroupsAsInModel(filter);
    if (HasFatalFailure() || HasFailure()) return;
  }
}

// One condition of every field with every comparison, alone and turned round.
TEST_P(DeadLetterContract, EveryFieldAndComparison) {
  Random random(52);
  Fill(random, 200);
  std::map<std::pair<Field, Comparison>, int> seen;
  for (int i = 0; i < 3000; ++i) {
    const Filter condition = SomeCondition(random);
    if (++seen[{condition.field, condition.comparison}] > 8) continue;
    const Filter turned{.kind = Filter::Kind::kNot, .parts = {condition}};
    SCOPED_TRACE(absl::StrCat("field ", static_cast<int>(condition.field), " comparison ",
                              static_cast<int>(condition.comparison), " ", condition.text, " ",
                              condition.number));
    for (const Filter& filter : {condition, turned}) {
      ExpectListAsInModel(filter);
      ExpectDeadAsInModel(filter);
    }
    if (HasFatalFailure() || HasFailure()) return;
  }
  // 2 comparisons of 4 words, 6 of 2 numbers, 4 of 7 texts.
  EXPECT_EQ(seen.size(), 4u * 2 + 2u * 6 + 7u * 4);
}

TEST_P(DeadLetterContract, AFilterGoesWithTheOtherConditions) {
  Random random(53);
  Fill(random, 200);
  for (int i = 0; i < 300; ++i) {
    const Filter filter = SomeFilter(random, 2);
    const core::Status status = static_cast<core::Status>(1 + random() % 5);
    const std::string prefix = OneOf(random, kWords);
    const base::Time from = At(static_cast<int64_t>(random() % 1000));
    std::vector<std::string> expected;
    for (auto it = model_.rbegin(); it != model_.rend(); ++it) {
      if (it->status == status && it->gid.starts_with(prefix) && it->create_time >= from &&
          core::Matches(filter, *it, kNow) && expected.size() < 5)
        expected.push_back(it->gid);
    }
    ASSERT_EQ(Listed({.statuses = {status},
                      .gid_prefix = prefix,
                      .created_from = from,
                      .filter = filter,
                      .now = kNow,
                      .limit = 5}),
              expected)
        << i;
  }
}

TEST_P(DeadLetterContract, FiltersAsOperatorsWriteThem) {
  core::GlobalTransaction stuck = SmallSaga("order-1");
  stuck.status = core::Status::kAborting;
  stuck.create_time = kNow - base::Seconds(700);
  stuck.branches[0].target = "product:81/shop.Stock/Return";
  stuck.branches[0].attempts = 3;
  core::GlobalTransaction young = stuck;
  young.gid = "order-2";
  young.create_time = kNow - base::Seconds(500);
  core::GlobalTransaction elsewhere = stuck;
  elsewhere.gid = "order-3";
  elsewhere.branches[0].target = "order:81/shop.Order/Cancel";
  for (const auto* transaction : {&stuck, &young, &elsewhere})
    ASSERT_EQ(Insert(*transaction), Result::kDone);
  const auto listed = [&](const std::string& text) {
    return Listed({.filter = Parsed(text), .now = kNow});
  };
  EXPECT_THAT(listed("state=aborting and dest~product and age>10m and attempts>=3"),
              ElementsAre("order-1"));
  EXPECT_THAT(listed("gid=order-2"), ElementsAre("order-2"));
  EXPECT_THAT(listed("gid=order-2 and state=failed"), IsEmpty());
  EXPECT_THAT(listed("state=submitted and state=aborting"), IsEmpty());
  EXPECT_THAT(listed("state=failed or dest=order:81"), ElementsAre("order-3"));
  EXPECT_THAT(listed("not age<=10m"), ElementsAre("order-3", "order-1"));
  EXPECT_THAT(listed("dead=yes"), IsEmpty());
  EXPECT_THAT(listed(""), ElementsAre("order-3", "order-2", "order-1"));
}

TEST_P(DeadLetterContract, DeadLettersComeAndGo) {
  core::GlobalTransaction transaction = SmallSaga("order-1");
  ASSERT_EQ(Insert(transaction, At(1)), Result::kDone);
  EXPECT_THAT(DeadNames(""), IsEmpty());
  const std::vector<uint32_t> rows = {1, 2};
  const auto update = [&](core::DeadReason reason, uint32_t deaths) {
    transaction.version += 1;
    for (const uint32_t row : rows) {
      transaction.branches[row].dead = reason;
      transaction.branches[row].dead_time = At(transaction.version);
      transaction.branches[row].deaths = deaths;
    }
    ASSERT_EQ(Update(transaction, At(1), &rows), Result::kDone);
  };
  update(core::DeadReason::kUnknownMethod, 1);
  EXPECT_THAT(DeadNames(""), ElementsAre("order-1/01/1", "order-1/02/2"));
  EXPECT_THAT(DeadNames("reason=unknown_method and op=action"), ElementsAre("order-1/01/1"));
  update(core::DeadReason::kNone, 1);
  EXPECT_THAT(DeadNames(""), IsEmpty());
  update(core::DeadReason::kAttemptsUsed, 2);
  Reopen();
  EXPECT_THAT(DeadNames("reason=attempts_used"), ElementsAre("order-1/01/1", "order-1/02/2"));
  // One that ended has none, though its rows tell of them.
  transaction.version += 1;
  transaction.status = core::Status::kFailed;
  ASSERT_EQ(Update(transaction, base::kNever), Result::kDone);
  EXPECT_THAT(DeadNames(""), IsEmpty());
  EXPECT_THAT(*dead_letters().CountDead(), IsEmpty());
  EXPECT_THAT(Listed({.filter = Parsed("dead=yes")}), ElementsAre("order-1"));
}

TEST_P(DeadLetterContract, PagesMeetEachDeadLetterOnce) {
  Random random(54);
  Fill(random, 200);
  std::vector<std::string> expected;
  ForEachDead({}, [&](const core::GlobalTransaction& transaction, const core::Branch& branch) {
    expected.push_back(Name(transaction, branch));
  });
  ASSERT_GT(expected.size(), 20u);
  std::vector<std::string> seen;
  uint64_t after = 0;
  for (;;) {
    const std::vector<port::DeadLetter> page = ListDead({}, after, 7);
    EXPECT_LE(page.size(), 7u);
    if (page.empty()) break;
    for (const port::DeadLetter& letter : page)
      seen.push_back(Name(letter.transaction, letter.branch));
    after = page.back().position;
  }
  EXPECT_EQ(seen, expected);
  EXPECT_THAT(ListDead({}, 0, 0), IsEmpty());
}

TEST_P(DeadLetterContract, CountsByDestinationAndOp) {
  Random random(55);
  Fill(random, 300);
  std::map<std::pair<std::string, core::Op>, std::pair<uint64_t, base::Time>> expected;
  ForEachDead({}, [&](const core::GlobalTransaction&, const core::Branch& branch) {
    auto& [count, oldest] = expected[{core::DestinationOf(branch.target), branch.op}];
    oldest = count++ == 0 ? branch.dead_time : std::min(oldest, branch.dead_time);
  });
  const auto counts = dead_letters().CountDead();
  ASSERT_TRUE(counts.ok()) << counts.status();
  ASSERT_EQ(counts->size(), expected.size());
  for (const port::DeadLetterCount& count : *counts) {
    const auto& [number, oldest] = expected[{count.destination, count.op}];
    EXPECT_EQ(count.count, number);
    EXPECT_EQ(count.oldest, oldest);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, DeadLetterContract, ::testing::ValuesIn(StoresUnderTest()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace saga::contract
