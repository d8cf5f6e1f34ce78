// doc/config.md, the sample file and the limits of the core must say the same as the table of keys.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/app/config.h"
#include "orchestrator/app/config_report.h"
#include "orchestrator/core/limits.h"
#include "tests/fixture/process.h"
#include "tests/fixture/temp_dir.h"

namespace saga::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(ConfigDoc, HoldsTheTableOfKeys) {
  const std::string doc =
      fixture::ReadFile(absl::StrCat(fixture::SourceDir(), "/orchestrator/doc/config.md"));
  EXPECT_TRUE(absl::StrContains(doc, ConfigDocTable())) << "paste this into doc/config.md:\n"
                                                        << ConfigDocTable();
  EXPECT_THAT(doc, HasSubstr(kConfigFileVariable));
  EXPECT_THAT(doc, HasSubstr(kCrashPointVariable));
}

TEST(ConfigDoc, SampleFileShowsEveryDefault) {
  const std::string path = absl::StrCat(fixture::SourceDir(), "/deploy/config/sagad.yaml");
  const LoadedConfig sample =
      LoadConfig({.file_name = "sagad.yaml", .file_text = fixture::ReadFile(path)});
  EXPECT_THAT(sample.problems, IsEmpty());
  const LoadedConfig defaults = LoadConfig({});
  ASSERT_EQ(sample.settings.size(), defaults.settings.size());
  for (size_t i = 0; i < sample.settings.size(); ++i) {
    EXPECT_EQ(sample.settings[i].text, defaults.settings[i].text) << sample.settings[i].key->name;
    EXPECT_EQ(sample.settings[i].origin, Origin::kFile)
        << sample.settings[i].key->name << " is not in the sample";
  }
}

TEST(ConfigDefaults, AreTheLimitsOfTheCore) {
  const LoadedConfig loaded = LoadConfig({});
  ASSERT_THAT(loaded.problems, IsEmpty());
  const Config& config = loaded.config;
  EXPECT_EQ(config.timeout_to_fail, core::kDefaultTimeoutToFail);
  EXPECT_EQ(config.retry_interval, core::kDefaultRetryInterval);
  EXPECT_EQ(config.request_timeout, core::kDefaultRequestTimeout);
  EXPECT_EQ(config.max_retry_interval, core::kMaxRetryInterval);
  EXPECT_EQ(static_cast<size_t>(config.max_live_transactions), core::kMaxLiveTransactions);
  EXPECT_EQ(static_cast<size_t>(config.max_batch_writes), core::kMaxBatchWrites);
  EXPECT_EQ(config.commit_delay, core::kCommitDelay);
  EXPECT_EQ(static_cast<size_t>(config.lane_in_flight), core::kLaneInFlight);
  EXPECT_EQ(static_cast<size_t>(config.lane_queue), core::kLaneQueue);
  EXPECT_EQ(static_cast<size_t>(config.breaker_min_calls), core::kBreakerMinCalls);
  EXPECT_EQ(static_cast<double>(config.breaker_failure_percent) / 100, core::kBreakerFailureRatio);
  EXPECT_EQ(config.breaker_window, core::kBreakerWindow);
  EXPECT_EQ(config.breaker_open_for, core::kBreakerOpenFor);
  EXPECT_EQ(config.breaker_max_open_for, core::kBreakerMaxOpenFor);
  EXPECT_EQ(static_cast<size_t>(config.limit_steps), core::kMaxSteps);
  EXPECT_EQ(static_cast<size_t>(config.limit_payload_bytes), core::kMaxPayloadSize);
  EXPECT_EQ(static_cast<size_t>(config.limit_request_bytes), core::kMaxRequestSize);
  EXPECT_EQ(static_cast<size_t>(config.limit_custom_data_bytes), core::kMaxCustomDataLength);
  EXPECT_EQ(static_cast<size_t>(config.limit_result_bytes), core::kMaxResultLength);
  EXPECT_EQ(static_cast<size_t>(config.limit_reason_bytes), core::kMaxReasonLength);
  EXPECT_EQ(static_cast<size_t>(config.limit_error_bytes), core::kMaxErrorLength);
  EXPECT_EQ(config.alert_retry_limit, core::kDefaultAlertRetryLimit);
  EXPECT_EQ(config.dead_letter_registered_attempts, core::kRegisteredAttemptLimit);
  EXPECT_EQ(config.fallback_after_unknown, core::kFallbackAfterUnknown);
  EXPECT_EQ(config.fallback_reply_timeout, core::kFallbackReplyTimeout);
}

}  // namespace
}  // namespace saga::app
