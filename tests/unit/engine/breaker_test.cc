// The breaker as a table: what happens in order, and what it then thinks.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "orchestrator/engine/breaker.h"

namespace saga::engine {
namespace {

constexpr base::Time kStart{1'700'000'000'000'000};

// Words: "ok N" and "bad N": so many calls start and end; "wait N": milliseconds, may be negative;
// "probe": a call starts and stays out; "probe-ok", "probe-bad": it ends; "reset". The rest is what
// has to be so: closed, open, half-open, passes, refuses, "percent N".
struct Case {
  const char* name;
  const char* script;
  BreakerSettings settings = {};
};

std::string NameOf(BreakerState state) {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kOpen:
      return "open";
    case BreakerState::kHalfOpen:
      return "half-open";
  }
  return "no state";
}

class Player {
 public:
  explicit Player(const BreakerSettings& settings) : breaker_(settings) {}

  void Play(const std::string& script) {
    const std::vector<std::string> words = absl::StrSplit(script, ' ', absl::SkipEmpty());
    for (size_t i = 0; i < words.size(); ++i) {
      SCOPED_TRACE("word " + std::to_string(i) + ": " + words[i]);
      int64_t number = 0;
      const bool counted = i + 1 < words.size() && absl::SimpleAtoi(words[i + 1], &number);
      Do(words[i], number);
      if (counted) ++i;
    }
  }

 private:
  void Do(const std::string& word, int64_t number) {
    if (word == "ok" || word == "bad") {
      for (int64_t i = 0; i < number; ++i) breaker_.End(breaker_.Start(now_), word == "bad", now_);
    } else if (word == "wait") {
      now_ = now_ + base::Millis(number);
    } else if (word == "probe") {
      probe_ = breaker_.Start(now_);
    } else if (word == "probe-ok" || word == "probe-bad") {
      breaker_.End(probe_, word == "probe-bad", now_);
    } else if (word == "reset") {
      breaker_.Reset();
    } else if (word == "passes" || word == "refuses") {
      EXPECT_EQ(breaker_.Passes(now_), word == "passes");
    } else if (word == "percent") {
      EXPECT_EQ(breaker_.FailurePercent(now_), number);
    } else {
      EXPECT_EQ(NameOf(breaker_.state()), word);
    }
  }

  Breaker breaker_;
  base::Time now_ = kStart;
  Breaker::Ticket probe_ = 0;
};

class BreakerTable : public testing::TestWithParam<Case> {};

TEST_P(BreakerTable, Holds) { Player(GetParam().settings).Play(GetParam().script); }

INSTANTIATE_TEST_SUITE_P(
    Breaker, BreakerTable,
    testing::Values(
        Case{"FewCallsOpenNothing", "bad 19 closed passes percent 100"},
        Case{"EnoughFailuresOpen", "bad 20 open refuses percent 100"},
        Case{"HalfIsEnough", "ok 10 bad 9 closed bad 1 open percent 50"},
        Case{"LessThanHalfIsNot", "ok 100 bad 99 closed percent 49"},
        Case{"ASuccessCanBeTheOneThatMakesItEnoughCalls", "bad 19 closed ok 1 open"},
        Case{"OnlySuccessesNeverOpen", "ok 10000 closed percent 0", {.failure_ratio = 0}},
        Case{"WhatIsOlderThanTheWindowIsForgotten", "bad 19 wait 10000 bad 1 closed percent 100"},
        Case{"WhatIsWithinTheWindowIsNot", "bad 10 wait 8900 bad 10 open"},
        Case{"TheWindowSlides", "bad 6 wait 4000 bad 6 wait 4000 bad 6 wait 4000 bad 6 closed"},
        Case{"AnOldFailureDoesNotMakeSuccessesOpen",
             "bad 1 wait 11000 ok 30 closed",
             {.min_calls = 1, .failure_ratio = 1}},
        Case{"OpenForItsTime", "bad 20 wait 1999 refuses wait 1 passes open"},
        Case{"OneProbe", "bad 20 wait 2000 probe half-open refuses wait 60000 refuses"},
        Case{"AGoodProbeCloses", "bad 20 wait 2000 probe probe-ok closed passes percent 0"},
        Case{"ClosingForgets", "bad 20 wait 2000 probe probe-ok bad 19 closed bad 1 open"},
        Case{"ABadProbeOpensTwiceAsLong",
             "bad 20 wait 2000 probe probe-bad open wait 3999 refuses wait 1 passes"},
        Case{"TheDoublingHasACap",
             "bad 20 wait 2000 probe probe-bad wait 4000 probe probe-bad wait 8000 probe probe-bad "
             "wait 16000 probe probe-bad wait 29999 refuses wait 1 passes probe probe-bad "
             "wait 29999 refuses wait 1 passes"},
        Case{"ClosingStartsOver",
             "bad 20 wait 2000 probe probe-bad wait 4000 probe probe-ok closed bad 20 open "
             "wait 1999 refuses wait 1 passes"},
        Case{"ACapBelowTheFirstOpeningIsThatOpening",
             "bad 20 wait 2000 probe probe-bad wait 1999 refuses wait 1 passes",
             {.max_open_for = base::Millis(1)}},
        Case{"ResetCloses", "bad 20 open reset closed passes percent 0"},
        Case{"ResetTakesTheProbeBack",
             "bad 20 wait 2000 probe reset closed bad 19 probe-bad closed"},
        Case{"AClockSetBackDoesNotKeepItOpen", "bad 20 wait 1000 refuses wait -5000 passes"},
        Case{"NorDoesItCountWhatIsToCome", "bad 19 wait -60000 bad 1 closed percent 100"},
        Case{"WithoutMinimumThereIsNoBreaker", "bad 1000 closed passes", {.min_calls = 0}},
        Case{"AMinimumOfOneOpensAtOnce", "bad 1 open", {.min_calls = 1}}),
    [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(Breaker, ResultsOfCallsFromBeforeItOpenedDoNotCount) {
  Breaker breaker({.min_calls = 3});
  std::vector<Breaker::Ticket> old;
  for (int i = 0; i < 10; ++i) old.push_back(breaker.Start(kStart));
  for (int i = 0; i < 3; ++i) breaker.End(old[static_cast<size_t>(i)], true, kStart);
  ASSERT_EQ(breaker.state(), BreakerState::kOpen);
  // While it is open, while the probe is out, and after it has closed.
  EXPECT_EQ(breaker.End(old[3], false, kStart), Breaker::Change::kNone);
  EXPECT_EQ(breaker.End(old[4], true, kStart), Breaker::Change::kNone);
  const base::Time later = kStart + base::Seconds(2);
  const Breaker::Ticket probe = breaker.Start(later);
  EXPECT_EQ(breaker.End(old[5], false, later), Breaker::Change::kNone);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  EXPECT_EQ(breaker.End(probe, false, later), Breaker::Change::kClosed);
  for (size_t i = 6; i < old.size(); ++i)
    EXPECT_EQ(breaker.End(old[i], true, later), Breaker::Change::kNone);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker.FailurePercent(later), 0u);
}

TEST(Breaker, TellsWhenItsMindChanges) {
  Breaker breaker({.min_calls = 2});
  EXPECT_FALSE(breaker.open_until().IsSet());
  EXPECT_EQ(breaker.End(breaker.Start(kStart), true, kStart), Breaker::Change::kNone);
  EXPECT_EQ(breaker.End(breaker.Start(kStart), true, kStart), Breaker::Change::kOpened);
  EXPECT_EQ(breaker.open_until(), kStart + base::Seconds(2));
  const base::Time later = breaker.open_until();
  EXPECT_EQ(breaker.End(breaker.Start(later), true, later), Breaker::Change::kOpened);
  EXPECT_EQ(breaker.open_until(), later + base::Seconds(4));
  const base::Time last = breaker.open_until();
  EXPECT_EQ(breaker.End(breaker.Start(last), false, last), Breaker::Change::kClosed);
  EXPECT_FALSE(breaker.open_until().IsSet());
}

}  // namespace
}  // namespace saga::engine
