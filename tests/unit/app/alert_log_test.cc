// What the log says of alerts: changes of state, and drops now and then.

#include "orchestrator/app/alert_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace saga::app {
namespace {

using port::AlertEnd;
using testing::SizeIs;

class FixedClock final : public port::Clock {
 public:
  base::Time Now() override { return now; }
  base::Time now{1'000'000'000};
};

class AlertLogTest : public testing::Test {
 protected:
  std::vector<nlohmann::json> lines_;
  Log log_{LogLevel::kDebug, LogFormat::kJson,
           [this](const std::string& line) { lines_.push_back(nlohmann::json::parse(line)); }};
  FixedClock clock_;
  AlertLog alerts_{log_, clock_};
};

TEST_F(AlertLogTest, FailuresAreSaidOnceForEachChange) {
  alerts_.OnEnd(AlertEnd::kDelivered, "");
  EXPECT_THAT(lines_, SizeIs(0)) << "nothing has changed";
  for (int i = 0; i < 100; ++i) alerts_.OnEnd(AlertEnd::kFailed, "connection refused");
  ASSERT_THAT(lines_, SizeIs(1));
  EXPECT_EQ(lines_[0]["level"], "warn");
  EXPECT_EQ(lines_[0]["error"], "connection refused");
  for (int i = 0; i < 100; ++i) alerts_.OnEnd(AlertEnd::kDelivered, "");
  ASSERT_THAT(lines_, SizeIs(2));
  EXPECT_EQ(lines_[1]["level"], "info");
  alerts_.OnEnd(AlertEnd::kFailed, "status 500");
  EXPECT_THAT(lines_, SizeIs(3));
}

TEST_F(AlertLogTest, DropsAreSaidNowAndThenWithTheirNumber) {
  for (int i = 0; i < 100; ++i) alerts_.OnEnd(AlertEnd::kDropped, "too many are waiting");
  ASSERT_THAT(lines_, SizeIs(1));
  EXPECT_EQ(lines_[0]["msg"], "alert dropped");
  clock_.now = clock_.now + base::Seconds(11);
  alerts_.OnEnd(AlertEnd::kDropped, "too many are waiting");
  ASSERT_THAT(lines_, SizeIs(2));
  EXPECT_EQ(lines_[1]["suppressed"], 99);
}

}  // namespace
}  // namespace saga::app
