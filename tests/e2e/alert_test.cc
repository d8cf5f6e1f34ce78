// A branch that keeps failing is told to the webhook (protocol 6.3), and the webhook can do nothing
// to the transaction.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/contract/branch_caller/participant.h"
#include "tests/e2e/dtm_client.h"
#include "tests/fixture/http_get.h"
#include "tests/fixture/process.h"
#include "tests/fixture/sagad.h"
#include "tests/fixture/temp_dir.h"

namespace saga::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using tests::Answer;

// The branch /bad answers 500 so often before it succeeds, /good succeeds; /alerts is the webhook.
class AlertTest : public testing::Test {
 protected:
  void Start(Answer hook, int errors) {
    errors_ = errors;
    receiver_ = tests::StartHttpParticipant([this, hook](const tests::SeenCall& call) {
      if (call.target == "/alerts") return hook;
      const bool bad = call.target.rfind("/bad", 0) == 0 && errors_.fetch_sub(1) > 0;
      return Answer{.code = bad ? 500 : 200, .text = bad ? "out of order" : ""};
    });
    sagad_ = std::make_unique<fixture::Sagad>(fixture::SagadOptions{
        .data_dir = dir_.path(),
        .args = {"--alert-webhook", Url("/alerts"), "--engine-retry-interval", "50ms",
                 "--engine-request-timeout", "49ms", "--engine-max-retry-interval", "100ms"}});
    ASSERT_TRUE(sagad_->WaitReady()) << sagad_->process().Stderr();
  }

  std::string Url(const std::string& path) {
    return absl::StrCat("http://127.0.0.1:", receiver_->port(), path);
  }

  void Submit(const std::string& gid, const std::string& path) {
    const nlohmann::json request = {{"gid", gid},
                                    {"trans_type", "saga"},
                                    {"request_timeout", 30},
                                    {"steps", {{{"action", Url(path)}, {"compensate", ""}}}},
                                    {"payloads", {"{}"}}};
    ASSERT_EQ(
        fixture::HttpPost(sagad_->http_address(), "/api/dtmsvr/submit", request.dump()).status,
        200);
  }

  bool Succeeds(const std::string& gid) {
    return fixture::WaitUntil(absl::Seconds(30),
                              [&] { return StatusOf(sagad_->http_address(), gid) == "succeed"; });
  }

  std::vector<nlohmann::json> Alerts() {
    std::vector<nlohmann::json> alerts;
    for (const tests::SeenCall& call : receiver_->seen()) {
      if (call.target == "/alerts") alerts.push_back(nlohmann::json::parse(call.body));
    }
    return alerts;
  }

  bool MetricShows(const std::string& line) {
    return fixture::WaitUntil(absl::Seconds(30), [&] {
      const std::string text = fixture::HttpGet(sagad_->http_address(), "/api/metrics").body;
      return text.find(line + "\n") != std::string::npos;
    });
  }

  fixture::TempDir dir_;
  std::atomic<int> errors_{0};
  std::unique_ptr<tests::Participant> receiver_;
  std::unique_ptr<fixture::Sagad> sagad_;
};

TEST_F(AlertTest, TheThirdErrorInARowIsTold) {
  Start({.code = 200}, /*errors=*/3);
  Submit("good-1", "/good");
  Submit("order-42", "/bad");
  ASSERT_TRUE(Succeeds("good-1"));
  ASSERT_TRUE(Succeeds("order-42"));
  ASSERT_TRUE(MetricShows(R"(saga_alerts_total{result="delivered"} 1)"));
  ASSERT_THAT(Alerts(), SizeIs(1));
  const nlohmann::json alert = Alerts()[0];
  EXPECT_EQ(alert["gid"], "order-42");
  EXPECT_EQ(alert["status"], "submitted");
  EXPECT_EQ(alert["branch"], Url("/bad"));
  EXPECT_EQ(alert["retry_count"], 3);
  EXPECT_THAT(alert["error"].get<std::string>(), HasSubstr("out of order"));
}

TEST_F(AlertTest, AWebhookThatAnswersErrorsChangesNothing) {
  Start({.code = 500, .text = "FAILURE"}, /*errors=*/5);
  Submit("order-42", "/bad");
  ASSERT_TRUE(Succeeds("order-42"));
  ASSERT_TRUE(MetricShows(R"(saga_alerts_total{result="failed"} 3)"));
  ASSERT_THAT(Alerts(), SizeIs(3)) << "every further error, each once";
  EXPECT_EQ(Alerts()[2]["retry_count"], 5);
  const std::string log = sagad_->process().Stderr();
  EXPECT_THAT(std::vector<std::string>(absl::StrSplit(log, "does not take alerts")), SizeIs(2))
      << "said once\n"
      << log;
}

TEST_F(AlertTest, AWebhookThatHangsChangesNothing) {
  Start({.kind = Answer::Kind::kHang}, /*errors=*/4);
  Submit("order-42", "/bad");
  ASSERT_TRUE(Succeeds("order-42"));
  EXPECT_EQ(sagad_->Stop(), 0) << "and does not keep it from stopping";
}

TEST(AlertConfig, AUrlThatIsNoneKeepsItFromStarting) {
  const fixture::Finished refused =
      fixture::Run({.program = "sagad", .args = {"--alert-webhook", "127.0.0.1:9093"}});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("alert.webhook"));
  EXPECT_THAT(refused.out, IsEmpty());
}

}  // namespace
}  // namespace saga::e2e
