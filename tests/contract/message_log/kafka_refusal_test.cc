// What the Kafka clients do when nothing can be reached, and when nothing can go on; no broker is
// needed for that. The cluster that librdkafka brings along for tests plays the broken one.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/adapter/kafka/kafka_publisher.h"
#include "orchestrator/adapter/kafka/kafka_source.h"
#include "orchestrator/adapter/kafka/kafka_topics.h"
#include "tests/contract/message_log/inbox.h"
#include "tests/fixture/process.h"

namespace saga::contract {
namespace {

using adapter::KafkaPublisher;
using adapter::KafkaSource;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;

// Nobody listens there.
constexpr char kNowhere[] = "127.0.0.1:1";
constexpr absl::Duration kPatience = absl::Seconds(60);

TEST(KafkaAwayTest, MessagesWaitAndTooManyAreRefused) {
  Outcomes outcomes;
  {
    auto publisher = KafkaPublisher::Create({.kafka = {.brokers = kNowhere}, .max_in_flight = 3});
    ASSERT_TRUE(publisher.ok()) << publisher.status();
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE((*publisher)->Publish({.topic = "t", .key = "k"}, outcomes.Next()));
    }
    EXPECT_FALSE((*publisher)->Publish({.topic = "t", .key = "k"}, [](absl::Status) { FAIL(); }));
    EXPECT_FALSE((*publisher)->Reachable());
    EXPECT_EQ((*publisher)->InFlight(), 3);
    EXPECT_EQ(outcomes.Finished(), 0u);
  }
  ASSERT_THAT(outcomes.All(), SizeIs(3));
  for (const absl::Status& status : outcomes.All()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  }
}

TEST(KafkaAwayTest, ASourceStopsAllTheSame) {
  auto source =
      KafkaSource::Create({.kafka = {.brokers = kNowhere}, .topics = {"t"}, .group = "g"});
  ASSERT_TRUE(source.ok()) << source.status();
  Inbox inbox(Inbox::Acks::kAtOnce);
  (*source)->Start(inbox.Handler());
  (*source)->Stop();
  EXPECT_EQ(inbox.Count(), 0u);
}

TEST(KafkaAwayTest, TopicsAreToBeAskedForLater) {
  const absl::Status status = adapter::EnsureKafkaTopics({.brokers = kNowhere}, {{.name = "t"}},
                                                         /*create=*/true, base::Millis(200));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST(KafkaOptionsTest, OptionsThatCannotWorkAreRefusedAtOnce) {
  const adapter::KafkaOptions wrong = {.brokers = kNowhere, .properties = {{"acks", "0"}}};
  EXPECT_THAT(KafkaPublisher::Create({.kafka = wrong}).status().message(), HasSubstr("acks"));
  EXPECT_THAT(
      KafkaSource::Create({.kafka = wrong, .topics = {"t"}, .group = "g"}).status().message(),
      HasSubstr("acks"));
  EXPECT_EQ(adapter::EnsureKafkaTopics(wrong, {}, true, base::Millis(1)).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(KafkaSource::Create({.kafka = {.brokers = kNowhere}, .topics = {"t"}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(KafkaSource::Create({.kafka = {.brokers = kNowhere}, .group = "g"}).status().code(),
            absl::StatusCode::kInvalidArgument);
  // Each for itself is fine, together they are not, and only librdkafka knows.
  EXPECT_EQ(KafkaPublisher::Create(
                {.kafka = {.brokers = kNowhere, .properties = {{"max.in.flight", "6"}}}})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

class BrokenCluster {
 public:
  BrokenCluster() {
    char error[512];
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof(error)));
    cluster_ = rd_kafka_mock_cluster_new(client_.get(), 1);
    rd_kafka_mock_topic_create(cluster_, "t", 1, 1);
  }
  ~BrokenCluster() { rd_kafka_mock_cluster_destroy(cluster_); }

  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void AnswerProduceWith(rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(cluster_, /*Produce*/ 0, 1, error);
  }

 private:
  adapter::KafkaClient client_;
  rd_kafka_mock_cluster_t* cluster_;
};

TEST(KafkaFatalTest, AProducerThatCannotGoOnIsReplaced) {
  BrokenCluster cluster;
  Outcomes outcomes;
  absl::Mutex mutex;
  std::vector<std::string> errors;
  auto publisher = KafkaPublisher::Create(
      {.kafka = {.brokers = cluster.address(),
                 .log = [&](adapter::KafkaLogLevel level, const std::string& text) {
                   absl::MutexLock lock(&mutex);
                   if (level == adapter::KafkaLogLevel::kError) errors.push_back(text);
                 }}});
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  const base::Message message{.topic = "t", .key = "k", .value = base::MakeBytes("x")};
  ASSERT_TRUE((*publisher)->Publish(message, outcomes.Next()));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return outcomes.Finished() == 1; }));
  EXPECT_TRUE(outcomes.All()[0].ok()) << outcomes.All()[0];

  cluster.AnswerProduceWith(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  ASSERT_TRUE((*publisher)->Publish(message, outcomes.Next()));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return outcomes.Finished() == 2; }));
  EXPECT_FALSE(outcomes.All()[1].ok());

  // It takes messages again as soon as there is a new one.
  ASSERT_TRUE(fixture::WaitUntil(kPatience,
                                 [&] { return (*publisher)->Publish(message, outcomes.Next()); }));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return (*publisher)->InFlight() == 0; }));
  EXPECT_TRUE(outcomes.All().back().ok()) << outcomes.All().back();
  absl::MutexLock lock(&mutex);
  EXPECT_THAT(errors, testing::Contains(HasSubstr("producer is replaced")));
}

TEST(KafkaFatalTest, AMessageThatTheBrokerRefusesIsToldSo) {
  BrokenCluster cluster;
  Outcomes outcomes;
  auto publisher = KafkaPublisher::Create({.kafka = {.brokers = cluster.address()}});
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  cluster.AnswerProduceWith(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  ASSERT_TRUE((*publisher)->Publish({.topic = "t", .key = "k"}, outcomes.Next()));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return outcomes.Finished() == 1; }));
  EXPECT_EQ(outcomes.All()[0].code(), absl::StatusCode::kPermissionDenied) << outcomes.All()[0];
  // Too large for librdkafka itself: told all the same, on another thread.
  ASSERT_TRUE(
      (*publisher)
          ->Publish(
              {.topic = "t", .key = "k", .value = base::MakeBytes(std::string(2'000'000, 'x'))},
              outcomes.Next()));
  ASSERT_TRUE(fixture::WaitUntil(kPatience, [&] { return outcomes.Finished() == 2; }));
  EXPECT_EQ(outcomes.All()[1].code(), absl::StatusCode::kInvalidArgument) << outcomes.All()[1];
}

}  // namespace
}  // namespace saga::contract
