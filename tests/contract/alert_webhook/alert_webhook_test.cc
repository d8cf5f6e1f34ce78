// The alert webhook against a real HTTP receiver (protocol 6.3).

#include "orchestrator/adapter/http/alert_webhook.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/branch_caller/participant.h"

namespace saga::tests {
namespace {

using port::AlertEnd;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(30);

// What became of alerts, in order.
class Ends {
 public:
  void Note(AlertEnd end, const std::string& error) {
    absl::MutexLock lock(&mutex_);
    ends_.push_back(end);
    errors_.push_back(error);
  }

  // False when they did not come to so many within kPatience.
  bool Wait(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [this, count]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ends_.size() >= count; };
    return mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience);
  }

  std::vector<AlertEnd> all() const {
    absl::MutexLock lock(&mutex_);
    return ends_;
  }
  std::vector<std::string> errors() const {
    absl::MutexLock lock(&mutex_);
    return errors_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<AlertEnd> ends_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> errors_ ABSL_GUARDED_BY(mutex_);
};

class AlertWebhookTest : public testing::Test {
 protected:
  void Receive(Participant::Handler handler) { receiver_ = StartHttpParticipant(handler); }

  void Open(adapter::AlertWebhookOptions options = {}) {
    options.url = "http://127.0.0.1:" + std::to_string(receiver_->port()) + "/alerts?team=a";
    options.on_end = [this](AlertEnd end, const std::string& error) { ends_.Note(end, error); };
    webhook_ = std::make_unique<adapter::AlertWebhook>(std::move(options));
  }

  static port::Alert Alert(const std::string& gid) {
    return {.gid = gid,
            .status = core::Status::kAborting,
            .branch = "http://127.0.0.1:9000/undo",
            .error = "status 500",
            .retry_count = 4};
  }

  bool WaitForCalls(size_t count) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (receiver_->seen().size() < count) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return true;
  }

  Ends ends_;
  std::unique_ptr<Participant> receiver_;
  std::unique_ptr<adapter::AlertWebhook> webhook_;
};

TEST_F(AlertWebhookTest, PostsWhatTheProtocolSays) {
  Receive([](const SeenCall&) { return Answer{.code = 200}; });
  Open();
  webhook_->Send(Alert("order-42"));
  ASSERT_TRUE(ends_.Wait(1));
  EXPECT_THAT(ends_.all(), ElementsAre(AlertEnd::kDelivered));
  ASSERT_THAT(receiver_->seen(), SizeIs(1));
  const SeenCall call = receiver_->seen()[0];
  EXPECT_EQ(call.verb, "POST");
  EXPECT_EQ(call.target, "/alerts?team=a");
  EXPECT_THAT(call.headers, Contains(Pair("content-type", "application/json")));
  EXPECT_EQ(call.body,
            R"({"gid":"order-42","status":"aborting","branch":"http://127.0.0.1:9000/undo",)"
            R"("error":"status 500","retry_count":4})");
}

TEST_F(AlertWebhookTest, AnyTextBecomesValidJson) {
  Receive([](const SeenCall&) { return Answer{.code = 204}; });
  Open();
  port::Alert alert = Alert("a \"b\"\n");
  alert.error = "bytes \xff\xfe and \x01";
  webhook_->Send(alert);
  ASSERT_TRUE(ends_.Wait(1));
  EXPECT_THAT(ends_.all(), ElementsAre(AlertEnd::kDelivered)) << "any 2xx will do";
  const auto json = nlohmann::json::parse(receiver_->seen()[0].body, nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["gid"], "a \"b\"\n");
  EXPECT_EQ(json["retry_count"], 4);
}

TEST_F(AlertWebhookTest, InOrderOverOneConnection) {
  Receive([](const SeenCall&) { return Answer{.code = 200, .text = std::string(100'000, 'x')}; });
  Open();
  for (const char* gid : {"g1", "g2", "g3"}) webhook_->Send(Alert(gid));
  ASSERT_TRUE(ends_.Wait(3));
  std::vector<std::string> gids;
  for (const SeenCall& call : receiver_->seen()) {
    gids.push_back(nlohmann::json::parse(call.body)["gid"]);
  }
  EXPECT_THAT(gids, ElementsAre("g1", "g2", "g3"));
  EXPECT_EQ(receiver_->connections(), 1u);
}

TEST_F(AlertWebhookTest, AnErrorIsNoDeliveryAndNotRepeated) {
  Receive([](const SeenCall&) { return Answer{.code = 500, .text = "no"}; });
  Open();
  webhook_->Send(Alert("g1"));
  webhook_->Send(Alert("g2"));
  ASSERT_TRUE(ends_.Wait(2));
  EXPECT_THAT(ends_.all(), Each(AlertEnd::kFailed));
  EXPECT_THAT(ends_.errors(), Each(HasSubstr("500")));
  EXPECT_THAT(receiver_->seen(), SizeIs(2));
}

TEST_F(AlertWebhookTest, ARedirectIsNotFollowed) {
  Receive([](const SeenCall&) {
    return Answer{.code = 302, .headers = {{"Location", "http://127.0.0.1:1/elsewhere"}}};
  });
  Open();
  webhook_->Send(Alert("g1"));
  ASSERT_TRUE(ends_.Wait(1));
  EXPECT_THAT(ends_.all(), ElementsAre(AlertEnd::kFailed));
  EXPECT_THAT(ends_.errors(), ElementsAre(HasSubstr("302")));
}

TEST_F(AlertWebhookTest, NobodyListensIsAFailureWithItsReason) {
  Receive([](const SeenCall&) { return Answer{.code = 200}; });
  Open();
  receiver_->Kill();
  webhook_->Send(Alert("g1"));
  ASSERT_TRUE(ends_.Wait(1));
  EXPECT_THAT(ends_.all(), ElementsAre(AlertEnd::kFailed));
  EXPECT_THAT(ends_.errors(), ElementsAre(testing::Ne("")));
}

TEST_F(AlertWebhookTest, AReceiverThatHangsIsGivenUpAfterTheTimeout) {
  Receive([](const SeenCall& call) {
    const bool first = call.body.find("g1") != std::string::npos;
    return Answer{.kind = first ? Answer::Kind::kHang : Answer::Kind::kReply, .code = 200};
  });
  Open({.timeout = base::Millis(50)});
  webhook_->Send(Alert("g1"));
  webhook_->Send(Alert("g2"));
  ASSERT_TRUE(ends_.Wait(2));
  EXPECT_THAT(ends_.all(), ElementsAre(AlertEnd::kFailed, AlertEnd::kDelivered));
}

TEST_F(AlertWebhookTest, WhatDoesNotFitTheQueueIsDroppedAtOnce) {
  Receive([](const SeenCall&) { return Answer{.kind = Answer::Kind::kHang}; });
  Open({.timeout = base::Seconds(60), .queue = 2});
  webhook_->Send(Alert("on the wire"));
  ASSERT_TRUE(WaitForCalls(1));
  for (int i = 0; i < 5; ++i) webhook_->Send(Alert("g"));
  // Before Send returned: nobody waits for the one that hangs.
  EXPECT_THAT(ends_.all(), ElementsAre(AlertEnd::kDropped, AlertEnd::kDropped, AlertEnd::kDropped));
  EXPECT_THAT(ends_.errors(), Each(HasSubstr("kAlertQueue")));
  webhook_.reset();
  EXPECT_THAT(ends_.all(), SizeIs(6)) << "stopping does not wait, and accounts for every alert";
  EXPECT_THAT(ends_.all(), Each(AlertEnd::kDropped));
}

}  // namespace
}  // namespace saga::tests
