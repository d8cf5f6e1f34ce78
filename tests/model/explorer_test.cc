// The explorer itself: it has to find what is there to be found, or the models prove nothing.

#include <gtest/gtest.h>

#include "tests/model/explorer.h"

namespace saga::model {
namespace {

struct Counter {
  uint8_t value = 0;
};

// Counts up to five, or falls into a pit at `pit` from which nothing leads on.
struct CounterModel {
  int pit = -1;
  int forbidden = -1;

  Counter Start() const { return {}; }
  std::vector<Successor<Counter>> Next(const Counter& state) const {
    if (state.value == 5 || state.value == pit) return {};
    const uint8_t next = state.value + 1;
    return {{"to " + std::to_string(next), Counter{next}}, {"stay", state}};
  }
  std::string Check(const Counter& state) const {
    return state.value == forbidden ? "forbidden" : "";
  }
  bool Ended(const Counter& state) const { return state.value == 5; }
  bool Succeeded(const Counter& state) const { return state.value == 5; }
  bool MustEnd(const Counter&) const { return true; }
};

TEST(Explorer, VisitsEveryStateOnce) {
  const Exploration result = Explore<Counter>(CounterModel{}, 100);
  EXPECT_TRUE(result.Clean()) << result.finding;
  EXPECT_EQ(result.states, 6u);
  EXPECT_EQ(result.ends, 1u);
  EXPECT_EQ(result.succeeded, 1u);
}

TEST(Explorer, ShowsTheWayToAForbiddenState) {
  const Exploration result = Explore<Counter>(CounterModel{.forbidden = 3}, 100);
  EXPECT_EQ(result.finding, "forbidden");
  EXPECT_EQ(result.trace, (std::vector<std::string>{"to 1", "to 2", "to 3"}));
}

TEST(Explorer, NoticesADeadEnd) {
  const Exploration result = Explore<Counter>(CounterModel{.pit = 4}, 100);
  EXPECT_EQ(result.finding, "from here the transaction can never end");
}

TEST(Explorer, RefusesToPretendWhenThereAreTooManyStates) {
  EXPECT_FALSE(Explore<Counter>(CounterModel{}, 3).Clean());
}

}  // namespace
}  // namespace saga::model
