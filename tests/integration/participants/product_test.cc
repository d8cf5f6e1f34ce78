// Product's rules and its store, without a server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "participants/product/domain/stock.h"
#include "participants/product/handler/service.h"
#include "participants/product/store/stock_store.h"
#include "participants/sdk/database.h"
#include "tests/unit/sdk/database_under_test.h"

namespace saga::participants::product {
namespace {

using domain::Change;
using domain::JournalEntry;
using domain::Kind;
using domain::Line;
using domain::Ruling;
using sdk::BranchContext;
using sdk::Mode;
using sdk::Op;
using sdk::Outcome;
using sdk::OutcomeKind;
using ::testing::HasSubstr;

TEST(ProductDomain, ChangesAreCheckedAndSortedById) {
  Change change{.order_id = 1, .lines = {{9, 1, 1}, {2, 2, 1}, {2, 1, 5}}};
  EXPECT_TRUE(domain::Arrange(change).ok());
  EXPECT_EQ(domain::FormatLines(change.lines), "2/1:5,2/2:1,9/1:1");

  const auto refused = [](Change wrong) {
    const Outcome outcome = domain::Arrange(wrong);
    EXPECT_EQ(outcome.kind(), OutcomeKind::kFailedForGood);
    return outcome.reason();
  };
  EXPECT_THAT(refused({.order_id = 0, .lines = {{1, 1, 1}}}), HasSubstr("order_id"));
  EXPECT_THAT(refused({.order_id = 1, .lines = {}}), HasSubstr("no items"));
  EXPECT_THAT(refused({.order_id = 1, .lines = {{7, 1, 0}}}),
              HasSubstr("product 7 size 1: quantity is 0"));
  EXPECT_THAT(refused({.order_id = 1, .lines = {{7, 1, -3}}}), HasSubstr("quantity is -3"));
  EXPECT_THAT(refused({.order_id = 1, .lines = {{7, 1, 1}, {8, 1, 1}, {7, 1, 2}}}),
              HasSubstr("listed twice"));
  EXPECT_THAT(refused({.order_id = 1, .lines = std::vector<Line>(1001, {1, 1, 1})}),
              HasSubstr("at most 1000"));
}

TEST(ProductDomain, LinesAreReadAsTheyAreWritten) {
  const std::vector<Line> lines = {{1, 0, 1}, {INT64_MAX, 3, 1'000'000'000'000}};
  EXPECT_EQ(*domain::ParseLines(domain::FormatLines(lines)), lines);
  EXPECT_TRUE(domain::ParseLines("")->empty());
  for (const char* wrong : {"1", "1/2", "1/2:x", "1/2:3:4", "a/b:c"})
    EXPECT_FALSE(domain::ParseLines(wrong).ok()) << wrong;
}

// What an order may do, by what it did before. "=" apply, "." nothing to do, "!" failed for good,
// "?" unknown.
TEST(ProductDomain, AnOrdersStockLeavesAtMostOnce) {
  const std::vector<Line> lines = {{7, 1, 2}};
  const Change change{.order_id = 42, .lines = lines};
  const auto entry = [&](Kind kind, const char* gid) { return JournalEntry{kind, gid, lines}; };
  const std::vector<JournalEntry> deducted = {entry(Kind::kDeduct, "g")};
  const std::vector<JournalEntry> restored = {entry(Kind::kDeduct, "g"),
                                              entry(Kind::kRestore, "g")};
  const std::vector<JournalEntry> frozen = {entry(Kind::kFreeze, "g")};
  const std::vector<JournalEntry> confirmed = {entry(Kind::kFreeze, "g"),
                                               entry(Kind::kConfirm, "g")};
  const std::vector<JournalEntry> thawed = {entry(Kind::kFreeze, "g"), entry(Kind::kThaw, "g")};
  struct Row {
    const char* name;
    std::vector<JournalEntry> journal;
    std::string same_gid;  // deduct, restore, freeze, confirm, thaw
    std::string other_gid;
  };
  const std::vector<Row> table = {
      {"nothing", {}, "=?=??", "=?=??"},          {"deducted", deducted, ".=!??", "!?!??"},
      {"restored", restored, "..=??", "!?=??"},   {"frozen", frozen, "!?.==", "!?!??"},
      {"confirmed", confirmed, "!?..!", "!?!??"}, {"thawed", thawed, "=?.!.", "=?!??"},
  };
  const std::vector<Kind> kinds = {Kind::kDeduct, Kind::kRestore, Kind::kFreeze, Kind::kConfirm,
                                   Kind::kThaw};
  const auto symbol = [](const Ruling& ruling) {
    switch (ruling.verdict) {
      case Ruling::Verdict::kApply:
        return '=';
      case Ruling::Verdict::kNothingToDo:
        return '.';
      case Ruling::Verdict::kRefuse:
        return ruling.refusal.kind() == OutcomeKind::kFailedForGood ? '!' : '?';
    }
    return ' ';
  };
  for (const Row& row : table) {
    std::string same;
    std::string other;
    for (const Kind kind : kinds) {
      same += symbol(domain::Decide(kind, change, "g", row.journal));
      other += symbol(domain::Decide(kind, change, "another", row.journal));
    }
    EXPECT_EQ(same, row.same_gid) << row.name;
    EXPECT_EQ(other, row.other_gid) << row.name;
  }
}

TEST(ProductDomain, ARefusalNamesTheTransactionThatWasFirst) {
  const Change change{.order_id = 42, .lines = {{7, 1, 2}}};
  const Ruling ruling =
      domain::Decide(Kind::kDeduct, change, "second", {{Kind::kDeduct, "first", change.lines}});
  EXPECT_EQ(ruling.refusal, Outcome::FailedForGood("order 42 already deducted by first"));
}

TEST(ProductDomain, UndoTakesWhatTheJournalSays) {
  const Change change{.order_id = 42, .lines = {{7, 1, 999}}};
  const Ruling ruling =
      domain::Decide(Kind::kRestore, change, "g", {{Kind::kDeduct, "g", {{7, 1, 2}}}});
  EXPECT_EQ(ruling.lines, (std::vector<Line>{{7, 1, 2}}));
}

class ProductServiceTest : public ::testing::TestWithParam<sdk::Dialect> {
 protected:
  ProductServiceTest() : database_(place_.Open()), service_(*database_, {}) {
    EXPECT_TRUE(store::Prepare(*database_).ok());
    EXPECT_TRUE(SetStock(7, 1, 10).ok());
    EXPECT_TRUE(SetStock(8, 1, 10).ok());
  }

  absl::Status SetStock(int64_t product, int64_t size, int64_t stock) {
    ::product::v1::SetStockRequest request;
    request.set_product_id(product);
    request.set_size_id(size);
    request.set_stock(stock);
    return service_.SetStock(request).status();
  }

  ::product::v1::Stock Stock(int64_t product) {
    ::product::v1::GetStockRequest request;
    request.set_product_id(product);
    request.set_size_id(1);
    return service_.GetStock(request).value();
  }
  std::string Shelf() {  // stock/frozen of both products
    return absl::StrCat(Stock(7).stock(), "/", Stock(7).frozen(), " ", Stock(8).stock(), "/",
                        Stock(8).frozen());
  }

  static ::product::v1::StockChange Change(int64_t order, const std::vector<Line>& lines) {
    ::product::v1::StockChange change;
    change.set_order_id(order);
    for (const Line& line : lines) {
      auto* const item = change.add_items();
      item->set_product_id(line.product_id);
      item->set_size_id(line.size_id);
      item->set_quantity(line.quantity);
    }
    return change;
  }

  Outcome Saga(const std::string& gid, Op op, int64_t order, const std::vector<Line>& lines) {
    return service_.ChangeStock(op == Op::kAction ? Kind::kDeduct : Kind::kRestore,
                                {gid, Mode::kSaga, "02", op}, Change(order, lines));
  }
  Outcome Tcc(const std::string& gid, Op op, int64_t order, const std::vector<Line>& lines) {
    const Kind kind = op == Op::kTry       ? Kind::kFreeze
                      : op == Op::kConfirm ? Kind::kConfirm
                                           : Kind::kThaw;
    return service_.ChangeStock(kind, {gid, Mode::kTcc, "01", op}, Change(order, lines));
  }

  int64_t JournalRows(int64_t order) {
    int64_t rows = -1;
    EXPECT_TRUE(database_
                    ->Read([&](sdk::Transaction& tx) -> absl::Status {
                      absl::StatusOr<std::vector<JournalEntry>> journal =
                          store::ReadJournal(tx, order);
                      if (!journal.ok()) return journal.status();
                      rows = static_cast<int64_t>(journal->size());
                      return absl::OkStatus();
                    })
                    .ok());
    return rows;
  }

  sdk::DatabaseUnderTest place_{GetParam()};
  std::unique_ptr<sdk::Database> database_;
  handler::ProductService service_;
};

INSTANTIATE_TEST_SUITE_P(Databases, ProductServiceTest, sdk::EachDialect(), sdk::DialectName);

TEST_P(ProductServiceTest, DeductsOnceWhateverIsRepeated) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(Saga("g", Op::kAction, 1, {{8, 1, 3}, {7, 1, 2}}), Outcome::Done());
  EXPECT_EQ(Shelf(), "8/0 7/0");
  EXPECT_EQ(JournalRows(1), 1);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(Saga("g", Op::kCompensate, 1, {{8, 1, 3}, {7, 1, 2}}), Outcome::Done());
  EXPECT_EQ(Shelf(), "10/0 10/0");
  EXPECT_EQ(JournalRows(1), 2);
}

TEST_P(ProductServiceTest, OutOfStockChangesNothingAndSaysWhy) {
  EXPECT_EQ(Saga("g", Op::kAction, 1, {{7, 1, 2}, {8, 1, 11}}),
            Outcome::FailedForGood("out of stock: product 8 size 1: wanted 11, free 10"));
  EXPECT_EQ(Shelf(), "10/0 10/0");
  EXPECT_EQ(Saga("g", Op::kCompensate, 1, {{7, 1, 2}, {8, 1, 11}}), Outcome::Done())
      << "nothing to undo";
  EXPECT_EQ(Shelf(), "10/0 10/0");
  EXPECT_EQ(JournalRows(1), 0);
}

TEST_P(ProductServiceTest, RefusesForGoodWhatCanNeverWork) {
  EXPECT_EQ(Saga("g1", Op::kAction, 1, {{7, 1, 0}}).kind(), OutcomeKind::kFailedForGood);
  EXPECT_EQ(Saga("g1", Op::kCompensate, 1, {{7, 1, 0}}), Outcome::Done())
      << "its undo must come to an end";
  EXPECT_EQ(Saga("g2", Op::kAction, 2, {{99, 1, 1}}),
            Outcome::FailedForGood("unknown product: product 99 size 1"));
  EXPECT_EQ(Saga("g2", Op::kCompensate, 2, {{99, 1, 1}}), Outcome::Done());
}

TEST_P(ProductServiceTest, TheSameOrderUnderAnotherGidIsRefused) {
  EXPECT_TRUE(Saga("first", Op::kAction, 1, {{7, 1, 2}}).ok());
  EXPECT_EQ(Saga("second", Op::kAction, 1, {{7, 1, 2}}),
            Outcome::FailedForGood("order 1 already deducted by first"));
  EXPECT_TRUE(Saga("second", Op::kCompensate, 1, {{7, 1, 2}}).ok());
  EXPECT_EQ(Shelf(), "8/0 10/0") << "undoing the second does not touch the first";
}

TEST_P(ProductServiceTest, CompensationFirstThenActionHasNoEffect) {
  EXPECT_TRUE(Saga("g", Op::kCompensate, 1, {{7, 1, 2}}).ok());
  EXPECT_TRUE(Saga("g", Op::kAction, 1, {{7, 1, 2}}).ok());
  EXPECT_EQ(Shelf(), "10/0 10/0");
}

TEST_P(ProductServiceTest, TryFreezesConfirmDeductsCancelThaws) {
  EXPECT_TRUE(Tcc("g1", Op::kTry, 1, {{7, 1, 4}}).ok());
  EXPECT_EQ(Shelf(), "10/4 10/0");
  EXPECT_EQ(Tcc("g2", Op::kTry, 2, {{7, 1, 7}}),
            Outcome::FailedForGood("out of stock: product 7 size 1: wanted 7, free 6"));
  EXPECT_EQ(Saga("g3", Op::kAction, 3, {{7, 1, 7}}).kind(), OutcomeKind::kFailedForGood)
      << "frozen is not free";
  EXPECT_TRUE(Tcc("g4", Op::kTry, 4, {{7, 1, 6}}).ok());
  EXPECT_TRUE(Tcc("g1", Op::kConfirm, 1, {{7, 1, 4}}).ok());
  EXPECT_EQ(Shelf(), "6/6 10/0");
  EXPECT_TRUE(Tcc("g4", Op::kCancel, 4, {{7, 1, 6}}).ok());
  EXPECT_EQ(Shelf(), "6/0 10/0");
}

TEST_P(ProductServiceTest, AReservedOrderIsNotDeductedAgain) {
  EXPECT_TRUE(Tcc("r", Op::kTry, 1, {{7, 1, 4}}).ok());
  EXPECT_EQ(Saga("s", Op::kAction, 1, {{7, 1, 4}}),
            Outcome::FailedForGood("order 1 already frozen by r"));
  EXPECT_TRUE(Tcc("r", Op::kConfirm, 1, {{7, 1, 4}}).ok());
  EXPECT_EQ(Saga("s", Op::kAction, 1, {{7, 1, 4}}),
            Outcome::FailedForGood("order 1 already deducted by r"));
  EXPECT_EQ(Shelf(), "6/0 10/0");
}

TEST_P(ProductServiceTest, ConfirmAndCancelExcludeEachOther) {
  EXPECT_TRUE(Tcc("g", Op::kTry, 1, {{7, 1, 4}}).ok());
  EXPECT_TRUE(Tcc("g", Op::kConfirm, 1, {{7, 1, 4}}).ok());
  EXPECT_FALSE(Tcc("g", Op::kCancel, 1, {{7, 1, 4}}).ok());
  EXPECT_EQ(Shelf(), "6/0 10/0");
}

TEST_P(ProductServiceTest, StockCannotBeSetBelowWhatIsFrozen) {
  EXPECT_TRUE(Tcc("g", Op::kTry, 1, {{7, 1, 4}}).ok());
  EXPECT_EQ(SetStock(7, 1, 3).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(SetStock(7, 1, 4).ok());
  EXPECT_EQ(Stock(7).version(), 3);
  EXPECT_EQ(SetStock(0, 1, 3).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SetStock(7, 1, -1).code(), absl::StatusCode::kInvalidArgument);
}

// Two processes (two connections) sell the same last pieces; orders list the two products in
// opposite order.
TEST_P(ProductServiceTest, ConcurrentOrdersNeitherOversellNorBlockEachOther) {
  const std::unique_ptr<sdk::Database> second_database = place_.Open();
  handler::ProductService second(*second_database, {});
  std::atomic<int> sold = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      handler::ProductService& service = t % 2 == 0 ? service_ : second;
      for (int i = 0; i < 5; ++i) {
        const int64_t order = 100 + t * 10 + i;
        const std::vector<Line> lines = i % 2 == 0 ? std::vector<Line>{{7, 1, 1}, {8, 1, 1}}
                                                   : std::vector<Line>{{8, 1, 1}, {7, 1, 1}};
        const Outcome outcome = service.ChangeStock(
            Kind::kDeduct, {absl::StrCat("g", order), Mode::kSaga, "02", Op::kAction},
            Change(order, lines));
        EXPECT_TRUE(outcome.ok() || outcome.kind() == OutcomeKind::kFailedForGood)
            << outcome.reason();
        if (outcome.ok()) ++sold;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sold, 10);
  EXPECT_EQ(Shelf(), "0/0 0/0");
}

// A payment and a reservation of the same order at the same moment: its stock leaves once.
TEST_P(ProductServiceTest, APaymentAndAReservationOfOneOrderExcludeEachOther) {
  ASSERT_TRUE(SetStock(7, 1, 1000).ok());
  for (int order = 1; order <= 20; ++order) {
    const std::string name = absl::StrCat(order);
    Outcome frozen = Outcome::Done();
    std::thread reservation([&] { frozen = Tcc("reserve-" + name, Op::kTry, order, {{7, 1, 1}}); });
    const Outcome deducted = Saga("pay-" + name, Op::kAction, order, {{7, 1, 1}});
    reservation.join();
    EXPECT_NE(deducted.ok(), frozen.ok()) << deducted.reason() << " / " << frozen.reason();
    EXPECT_EQ(JournalRows(order), 1);
  }
  EXPECT_EQ(Stock(7).stock() - Stock(7).frozen(), 1000 - 20);
}

TEST_P(ProductServiceTest, AProductThatIsAddedByManyIsAddedOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      const absl::Status set = SetStock(99, 1, 5);
      EXPECT_TRUE(set.ok()) << set;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Stock(99).stock(), 5);
  EXPECT_EQ(Stock(99).version(), 8);
}

}  // namespace
}  // namespace saga::participants::product
