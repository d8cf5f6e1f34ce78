#include "cli/printer/dashboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/printer/text.h"

namespace saga::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'795'255'200);

Snapshot At(absl::Time time, uint64_t calls) {
  Snapshot snapshot{.time = time};
  snapshot.stats.set_start_time_us(absl::ToUnixMicros(kNow - absl::Minutes(5)));
  snapshot.stats.set_store_ok(true);
  snapshot.stats.set_branch_calls(calls);
  v1::Destination& destination = *snapshot.destinations.add_destinations();
  destination.set_destination("product");
  destination.set_breaker("half_open");
  destination.set_calls(calls);
  return snapshot;
}

TEST(Dashboard, ShowsRatesSinceTheFrameBefore) {
  const Snapshot before = At(kNow, 100);
  const Snapshot now = At(kNow + absl::Seconds(2), 150);
  const std::string text = Dashboard(now, &before, TimeStyle::kRelative);
  EXPECT_THAT(text, AllOf(HasSubstr("25.0 calls"), HasSubstr("started      5m ago, store ok"),
                          HasSubstr("product      half_open  0          0      0       25.0"),
                          HasSubstr("no dead letters"), Not(HasSubstr("kafka"))));
  EXPECT_THAT(Dashboard(now, nullptr, TimeStyle::kRelative), HasSubstr("- calls"));
  Snapshot restarted = now;
  restarted.stats.set_start_time_us(1);
  EXPECT_THAT(Dashboard(now, &restarted, TimeStyle::kRelative), HasSubstr("- calls"));
}

TEST(Dashboard, ASagadThatIsGoneIsSaid) {
  Snapshot gone{.time = kNow, .problem = "no sagad answers\nat all"};
  EXPECT_EQ(Dashboard(gone, nullptr, TimeStyle::kIso), "no sagad answers at all\n");
}

TEST(FitToScreen, CutsLinesAndKeepsTheFooter) {
  EXPECT_EQ(FitToScreen("abc\ndef\n", "q quits", 4, 10), "abc\ndef\nq qu");
  EXPECT_EQ(FitToScreen("a\nb\nc\nd\n", "q", 4, 3), "a\nb\nq");
  EXPECT_EQ(FitToScreen("", "q", 4, 1), "q");
}

TEST(FirstColumns, LeavesColoursWhole) {
  EXPECT_EQ(FirstColumns("abc", 3), "abc");
  EXPECT_EQ(FirstColumns("abc", 2), "ab");
  EXPECT_EQ(FirstColumns("東京", 3), "東");
  EXPECT_EQ(FirstColumns("\x1b[32mok\x1b[0m then", 2), "\x1b[32mok\x1b[0m\x1b[0m");
  EXPECT_EQ(FirstColumns("\x1b[32mokay\x1b[0m", 2), "\x1b[32mok\x1b[0m");
}

}  // namespace
}  // namespace saga::cli
