// Which transactions and dead letters a filter means.

#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "orchestrator/core/filter.h"

namespace saga::core {
namespace {

constexpr base::Time kNow{1'000'000'000'000};

GlobalTransaction Purchase() {
  GlobalTransaction t{.gid = "Order-7", .mode = Mode::kSaga, .status = Status::kAborting};
  t.rollback_reason = "Out of stock";
  t.definition = "order_paid";
  t.create_time = kNow - base::Seconds(600);
  t.branches = {{.branch_id = "01", .op = Op::kCompensate, .target = "participant://order/Revert"},
                {.branch_id = "01", .op = Op::kAction, .target = "participant://order/Begin"},
                {.branch_id = "02", .op = Op::kCompensate, .target = "Host:80/p.P/Refund"},
                {.branch_id = "02", .op = Op::kAction, .target = "Host:80/p.P/Deduct"}};
  t.branches[0].attempts = 20;
  t.branches[0].last_error = "No route to host 10.0.0.1:80";
  t.branches[0].dead = DeadReason::kAttemptsUsed;
  t.branches[0].dead_time = kNow - base::Seconds(60);
  t.branches[0].deaths = 1;
  t.branches[1].attempts = 1;
  return t;
}

struct Case {
  const char* filter;
  bool transaction;  // matches the purchase
  bool dead_letter;  // matches the compensation of its branch 01
};

class Matching : public testing::TestWithParam<Case> {};

TEST_P(Matching, IsAsTheTableSays) {
  const auto filter = ParseFilter(GetParam().filter);
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(Matches(*filter, Purchase(), kNow), GetParam().transaction);
  EXPECT_EQ(MatchesDeadLetter(*filter, Purchase(), 0, kNow), GetParam().dead_letter);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Matching,
    testing::Values(Case{"", true, true}, Case{"state=aborting", true, true},
                    Case{"state=open", true, true}, Case{"state!=open", false, false},
                    Case{"state=ended", false, false}, Case{"state!=ended", true, true},
                    Case{"state=failed", false, false}, Case{"mode=saga", true, true},
                    Case{"mode!=saga", false, false}, Case{"gid=Order-7", true, true},
                    Case{"gid=order-7", false, false}, Case{"gid~order", true, true},
                    Case{"gid!~ORDER", false, false}, Case{"gid~\"\"", true, true},
                    Case{"definition=order_paid", true, true},
                    Case{"definition=\"\"", false, false},
                    // Since it was created, ten minutes ago; since it died, one minute ago.
                    Case{"age>5m", true, false}, Case{"age<5m", false, true},
                    Case{"age>=10m", true, false}, Case{"age>10m", false, false},
                    Case{"age<=60s", false, true},
                    // Why it is undone; the class of the death.
                    Case{"reason~stock", true, false}, Case{"reason=attempts_used", false, true},
                    // One of its branches; this one.
                    Case{"dest=order", true, true}, Case{"dest=host:80", true, false},
                    Case{"dest!=order", true, false}, Case{"not dest=order", false, false},
                    Case{"dest=product", false, false}, Case{"op=action", true, false},
                    Case{"op=compensate", true, true}, Case{"branch=02", true, false},
                    Case{"branch=03", false, false}, Case{"attempts>=3", true, true},
                    Case{"attempts=1", true, false}, Case{"attempts!=20", true, false},
                    Case{"attempts<=20 and attempts<21 and attempts>19", true, true},
                    Case{"error~\"no ROUTE\"", true, true}, Case{"error!~route", true, false},
                    Case{"error=\"\"", true, false}, Case{"dead=yes", true, true},
                    Case{"dead=no", true, false}, Case{"not dead=yes", false, false},
                    // Several conditions may hold for different branches.
                    Case{"dest=host:80 and attempts=20", true, false},
                    Case{"dest=nowhere or op=compensate", true, true},
                    Case{"state=aborting and (mode=tcc or mode=saga) and not gid=x", true, true}));

TEST(Fingerprint, IsComparedWithThatOfTheLastError) {
  const std::string fingerprint = FingerprintOf("no route to host 10.0.0.2:81");
  const Filter filter = *ParseFilter("fingerprint=" + fingerprint);
  EXPECT_TRUE(MatchesDeadLetter(filter, Purchase(), 0, kNow));
  EXPECT_TRUE(Matches(filter, Purchase(), kNow));
  EXPECT_FALSE(MatchesDeadLetter(filter, Purchase(), 1, kNow));
}

TEST(Matching, ATransactionWithoutBranchesMeetsNoConditionAboutOne) {
  GlobalTransaction t = Purchase();
  t.branches.clear();
  for (const char* text : {"dest~\"\"", "op!=action", "attempts>=0", "dead=no", "error=\"\""})
    EXPECT_FALSE(Matches(*ParseFilter(text), t, kNow)) << text;
  EXPECT_TRUE(Matches(*ParseFilter("not dead=yes"), t, kNow));
}

TEST(Matching, EveryStatusIsOpenOrEnded) {
  for (const Status status : {Status::kPrepared, Status::kSubmitted, Status::kAborting,
                              Status::kSucceed, Status::kFailed}) {
    GlobalTransaction t = Purchase();
    t.status = status;
    EXPECT_NE(Matches(*ParseFilter("state=open"), t, kNow),
              Matches(*ParseFilter("state=ended"), t, kNow));
    EXPECT_EQ(Matches(*ParseFilter("state=ended"), t, kNow), IsFinal(status));
  }
}

// De Morgan, double negation and distribution, for whatever two filters say.
TEST(MatchingProperty, TheLawsOfLogicHold) {
  const std::vector<std::string> conditions = {
      "state=aborting", "mode!=tcc",   "gid~x",      "age>5m",         "dest=order",   "op=action",
      "attempts>5",     "error~route", "dead=yes",   "branch!=01",     "reason~stock", "dest!~host",
      "state=ended",    "age<=60s",    "attempts=1", "definition~paid"};
  const auto holds = [](const std::string& text, bool dead_letter) {
    const auto filter = ParseFilter(text);
    EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
    return dead_letter ? MatchesDeadLetter(*filter, Purchase(), 0, kNow)
                       : Matches(*filter, Purchase(), kNow);
  };
  for (const bool dead : {false, true}) {
    for (const std::string& a : conditions) {
      EXPECT_NE(holds(a, dead), holds("not " + a, dead)) << a;
      EXPECT_EQ(holds(a, dead), holds("not not (" + a + ")", dead)) << a;
      for (const std::string& b : conditions) {
        const bool both = holds(a, dead) && holds(b, dead);
        const bool either = holds(a, dead) || holds(b, dead);
        EXPECT_EQ(holds(a + " and " + b, dead), both) << a << ", " << b;
        EXPECT_EQ(holds(a + " or " + b, dead), either) << a << ", " << b;
        EXPECT_EQ(holds("not (not " + a + " or not " + b + ")", dead), both) << a << ", " << b;
        EXPECT_EQ(holds("gid=x or " + a + " and " + b, dead), both) << a << ", " << b;
      }
    }
  }
}

}  // namespace
}  // namespace saga::core
