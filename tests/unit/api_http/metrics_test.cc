#include "orchestrator/api/metrics.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "orchestrator/core/limits.h"

namespace saga::api {
namespace {

// The value of a series as it stands in the text, by its whole name with labels; -1: it is not
// there.
double Value(const std::string& text, const std::string& series) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(series + " ", 1));
    double value = 0;
    if (parts.first.empty() && !parts.second.empty() && absl::SimpleAtod(parts.second, &value))
      return value;
  }
  return -1;
}

core::GlobalTransaction Ended(core::Mode mode, core::Status status) {
  core::GlobalTransaction transaction;
  transaction.gid = "gid-in-no-label";
  transaction.mode = mode;
  transaction.status = status;
  return transaction;
}

class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest()
      : metrics_({.version = "1.2.3", .grpc_version = "9.8", .scrape = [this] { return facts_; }}) {
  }

  ScrapeFacts facts_;
  Metrics metrics_;
};

TEST_F(MetricsTest, CountsTransactionsThatEnded) {
  metrics_.OnOpened(Ended(core::Mode::kSaga, core::Status::kSubmitted), false);
  metrics_.OnAborting(Ended(core::Mode::kTcc, core::Status::kAborting));
  metrics_.OnEnded(Ended(core::Mode::kSaga, core::Status::kSucceed));
  metrics_.OnEnded(Ended(core::Mode::kSaga, core::Status::kSucceed));
  metrics_.OnEnded(Ended(core::Mode::kTcc, core::Status::kFailed));
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_transactions_total{mode="saga",status="succeed"})"), 2);
  EXPECT_EQ(Value(text, R"(saga_transactions_total{mode="tcc",status="failed"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_transactions_total{mode="msg",status="succeed"})"), 0);
  EXPECT_EQ(text.find("gid-in-no-label"), std::string::npos);
}

TEST_F(MetricsTest, CountsAndTimesBranchCalls) {
  const auto transaction = Ended(core::Mode::kSaga, core::Status::kSubmitted);
  core::Branch branch{.branch_id = "01", .op = core::Op::kAction, .target = "http://h/p?gid=1"};
  metrics_.OnBranchAnswered(transaction, branch, core::Outcome::kSuccess, "", base::Millis(3));
  metrics_.OnBranchAnswered(transaction, branch, core::Outcome::kUnknown, "timeout",
                            base::Seconds(3));
  branch.op = core::Op::kQuery;
  metrics_.OnBranchAnswered(transaction, branch, core::Outcome::kOngoing, "ONGOING",
                            base::Millis(1));
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_branch_calls_total{op="action",outcome="success"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_branch_calls_total{op="action",outcome="unknown"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_branch_calls_total{op="msg",outcome="ongoing"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_branch_call_seconds_count{op="action"})"), 2);
  EXPECT_EQ(Value(text, R"(saga_branch_call_seconds_bucket{op="action",le="0.005"})"), 1);
  EXPECT_NEAR(Value(text, R"(saga_branch_call_seconds_sum{op="action"})"), 3.003, 1e-6);
  EXPECT_EQ(text.find("http://"), std::string::npos);
}

TEST_F(MetricsTest, MeasuresTheStore) {
  metrics_.OnCommit(10, 0, base::Millis(1));
  metrics_.OnCommit(200, 3, base::Millis(40));
  EXPECT_EQ(Value(metrics_.Render(), "saga_store_up"), 1);
  metrics_.OnStoreHealth(false, "disk full");
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, "saga_commit_seconds_count"), 2);
  EXPECT_NEAR(Value(text, "saga_commit_seconds_sum"), 0.041, 1e-9);
  EXPECT_EQ(Value(text, "saga_commit_writes_sum"), 210);
  EXPECT_EQ(Value(text, R"(saga_commit_writes_bucket{le="16"})"), 1);
  EXPECT_EQ(Value(text, "saga_commit_failures_total"), 3);
  EXPECT_EQ(Value(text, "saga_store_up"), 0);
  metrics_.OnStoreHealth(true, "");
  EXPECT_EQ(Value(metrics_.Render(), "saga_store_up"), 1);
}

TEST_F(MetricsTest, CountsRefusalsByLimit) {
  metrics_.OnRefused("kMaxLiveTransactions");
  metrics_.OnRefused("kMaxLiveTransactions");
  for (int i = 0; i < 1000; ++i) metrics_.OnRefused(absl::StrCat("limit", i));
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_refused_total{limit="kMaxLiveTransactions"})"), 2);
  EXPECT_EQ(Value(text, R"(saga_refused_total{limit="limit0"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_refused_total{limit="other"})"), 1000 - (core::kMetricLabels - 1));
}

TEST_F(MetricsTest, CountsHttpAnswers) {
  metrics_.OnHttpAnswer("/api/dtmsvr/submit", 200, base::Millis(3));
  metrics_.OnHttpAnswer("/api/dtmsvr/submit", 200, base::Millis(3));
  metrics_.OnHttpAnswer("/api/dtmsvr/submit", 409, base::Millis(3));
  metrics_.OnHttpAnswer("other", 404, base::Millis(3));
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_http_requests_total{code="200",route="/api/dtmsvr/submit"})"), 2);
  EXPECT_EQ(Value(text, R"(saga_http_requests_total{code="409",route="/api/dtmsvr/submit"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_http_requests_total{code="404",route="other"})"), 1);
}

TEST_F(MetricsTest, AsksForWhatIsOpenWhenScraped) {
  facts_.now = base::Time{100'000'000};
  facts_.oldest_open = base::Time{40'000'000};
  facts_.open_transactions = 12;
  std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, "saga_open_transactions"), 12);
  EXPECT_EQ(Value(text, "saga_oldest_open_seconds"), 60);
  facts_.oldest_open = base::Time{};
  facts_.open_transactions = 0;
  text = metrics_.Render();
  EXPECT_EQ(Value(text, "saga_open_transactions"), 0);
  EXPECT_EQ(Value(text, "saga_oldest_open_seconds"), 0);
  facts_.open_transactions.reset();
  text = metrics_.Render();
  EXPECT_EQ(Value(text, "saga_open_transactions"), -1) << "nothing rather than something wrong";
  EXPECT_EQ(Value(text, "saga_oldest_open_seconds"), -1);
}

TEST_F(MetricsTest, ShowsLanes) {
  facts_.lanes = {{"b:1", 3, 20}, {"a:1", 0, 0}};
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_lane_in_flight{destination="b:1"})"), 3);
  EXPECT_EQ(Value(text, R"(saga_lane_queued{destination="b:1"})"), 20);
  EXPECT_EQ(Value(text, R"(saga_lane_in_flight{destination="a:1"})"), 0);
}

TEST_F(MetricsTest, ShowsBreakersAndWhatNobodyAnswered) {
  facts_.lanes = {{.destination = "a:1", .breaker = 2, .unreachable = 5, .by_fallback = 3},
                  {.destination = "b:1", .paused = true, .unreachable = 1}};
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_lane_breaker_state{destination="a:1"})"), 2);
  EXPECT_EQ(Value(text, R"(saga_lane_breaker_state{destination="b:1"})"), 0);
  EXPECT_EQ(Value(text, R"(saga_lane_paused{destination="b:1"})"), 1);
  EXPECT_EQ(Value(text, "saga_lane_unreachable_total"), 6);
  EXPECT_EQ(Value(text, "saga_lane_fallback_total"), 3);
}

TEST_F(MetricsTest, ShowsDeadLettersByDestinationAndOp) {
  EXPECT_EQ(Value(metrics_.Render(), "saga_dead_letters_oldest_seconds"), -1)
      << "nothing rather than something wrong";
  facts_.now = base::Time{100'000'000};
  facts_.dead_letters.emplace();
  EXPECT_EQ(Value(metrics_.Render(), "saga_dead_letters_oldest_seconds"), 0);
  facts_.dead_letters = {{"product", "compensate", 7, base::Time{40'000'000}},
                         {"product", "action", 1, base::Time{90'000'000}}};
  for (uint64_t i = 0; i < 1000; ++i)
    facts_.dead_letters->push_back({absl::StrCat("host", i, ":1"), "action", 1, base::Time{}});
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_dead_letters{destination="product",op="compensate"})"), 7);
  EXPECT_EQ(Value(text, R"(saga_dead_letters{destination="product",op="action"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_dead_letters{destination="other",op="action"})"),
            1001 - core::kMetricDestinations);
  EXPECT_EQ(Value(text, "saga_dead_letters_oldest_seconds"), 60);
}

TEST_F(MetricsTest, ShowsTheOutboxReplayJobsAndInstances) {
  EXPECT_EQ(Value(metrics_.Render(), "saga_outbox_published_total"), -1) << "no Kafka";
  facts_.now = base::Time{100'000'000};
  facts_.outbox = {.waiting = 4,
                   .oldest = base::Time{98'000'000},
                   .published = 10,
                   .failed = 2,
                   .reachable = true};
  facts_.replay = {.jobs = 1, .pending = 30, .running = 8, .done = 5, .failed = 1, .skipped = 2};
  facts_.instances = {{"product", "live", 2}, {"product", "lost", 1}};
  std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, "saga_outbox_waiting"), 4);
  EXPECT_EQ(Value(text, "saga_outbox_oldest_seconds"), 2);
  EXPECT_EQ(Value(text, "saga_outbox_published_total"), 10);
  EXPECT_EQ(Value(text, "saga_outbox_failed_total"), 2);
  EXPECT_EQ(Value(text, "saga_broker_reachable"), 1);
  EXPECT_EQ(Value(text, "saga_replay_jobs"), 1);
  EXPECT_EQ(Value(text, R"(saga_replay_items{state="pending"})"), 30);
  EXPECT_EQ(Value(text, R"(saga_replay_items{state="running"})"), 8);
  EXPECT_EQ(Value(text, R"(saga_replay_items_total{result="done"})"), 5);
  EXPECT_EQ(Value(text, R"(saga_replay_items_total{result="failed"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_replay_items_total{result="skipped"})"), 2);
  EXPECT_EQ(Value(text, R"(saga_participant_instances{participant="product",state="live"})"), 2);
  facts_.outbox->waiting.reset();
  text = metrics_.Render();
  EXPECT_EQ(Value(text, "saga_outbox_waiting"), -1);
  EXPECT_EQ(Value(text, "saga_outbox_oldest_seconds"), -1);
}

TEST_F(MetricsTest, ShowsWhatWasForgottenWhereAnythingIs) {
  EXPECT_EQ(Value(metrics_.Render(), "saga_forgotten_transactions_total"), -1);
  facts_.retention = {.forgotten = 128, .failures = 1};
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, "saga_forgotten_transactions_total"), 128);
  EXPECT_EQ(Value(text, "saga_retention_failures_total"), 1);
}

TEST_F(MetricsTest, DestinationsAreBoundedAndTheBusiestStay) {
  for (uint64_t i = 0; i < 5000; ++i) facts_.lanes.push_back({absl::StrCat("host", i, ":1"), 1, i});
  facts_.lanes.push_back({"weird\n\"\\?gid=secret", 9, 9000});
  facts_.lanes.push_back({std::string(10'000, 'x'), 0, 8000});
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_lane_queued{destination="host4999:1"})"), 4999);
  EXPECT_EQ(Value(text, R"(saga_lane_queued{destination="host0:1"})"), -1);
  EXPECT_EQ(Value(text, R"(saga_lane_in_flight{destination="other"})"),
            5002 - core::kMetricDestinations);
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_LT(text.size(), 100'000u);
}

TEST_F(MetricsTest, DescribesTheProcess) {
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(sagad_info{version="1.2.3"})"), 1);
  EXPECT_GT(Value(text, "process_start_time_seconds"), 1.6e9);
  EXPECT_GT(Value(text, "process_resident_memory_bytes"), 1e5);
}

TEST_F(MetricsTest, CountsAlerts) {
  metrics_.OnAlertEnd(port::AlertEnd::kDelivered);
  metrics_.OnAlertEnd(port::AlertEnd::kDelivered);
  metrics_.OnAlertEnd(port::AlertEnd::kFailed);
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_alerts_total{result="delivered"})"), 2);
  EXPECT_EQ(Value(text, R"(saga_alerts_total{result="failed"})"), 1);
  EXPECT_EQ(Value(text, R"(saga_alerts_total{result="dropped"})"), 0);
}

TEST(Metrics, NeedsNoScrapeFunction) {
  Metrics metrics({.version = "v"});
  const std::string text = metrics.Render();
  EXPECT_EQ(Value(text, "saga_store_up"), 1);
  EXPECT_EQ(Value(text, "saga_open_transactions"), -1);
}

TEST_F(MetricsTest, CountsFromManyThreadsWhileItIsScraped) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      const auto transaction = Ended(core::Mode::kSaga, core::Status::kSucceed);
      const core::Branch branch{.branch_id = "01", .op = core::Op::kAction};
      for (int i = 0; i < 5000; ++i) {
        metrics_.OnEnded(transaction);
        metrics_.OnBranchAnswered(transaction, branch, core::Outcome::kSuccess, "",
                                  base::Micros(i));
        metrics_.OnRefused("limit");
        metrics_.OnHttpAnswer("/r", 200 + i % 3, base::Millis(3));
      }
    });
  }
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(metrics_.Render().empty());
  for (std::thread& thread : threads) thread.join();
  const std::string text = metrics_.Render();
  EXPECT_EQ(Value(text, R"(saga_transactions_total{mode="saga",status="succeed"})"), 20'000);
  EXPECT_EQ(Value(text, R"(saga_branch_call_seconds_count{op="action"})"), 20'000);
  EXPECT_EQ(Value(text, R"(saga_refused_total{limit="limit"})"), 20'000);
}

}  // namespace
}  // namespace saga::api
