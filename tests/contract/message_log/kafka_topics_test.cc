// Topics are made, or looked at and every difference told, on a real broker.

#include "orchestrator/adapter/kafka/kafka_topics.h"

#include <librdkafka/rdkafka.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/adapter/kafka/kafka_client.h"
#include "tests/fixture/kafka_broker.h"

namespace saga::adapter {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class KafkaTopicsTest : public testing::Test {
 protected:
  absl::Status Ensure(const KafkaTopic& topic, bool create = true) {
    return EnsureKafkaTopics(options_, {topic}, create, base::Seconds(30));
  }

  // As somebody else would make it.
  void MakeWith(const std::string& name, const char* config, const char* value) {
    char text[512];
    class Owner final : public KafkaOwner {
     public:
      Owner() : KafkaOwner(nullptr) {}
      void OnKafkaError(rd_kafka_resp_err_t, const std::string&) override {}
    } owner;
    const KafkaClient client =
        *MakeKafkaClient(RD_KAFKA_PRODUCER, *MakeKafkaConf({.options = &options_}, &owner));
    const std::unique_ptr<rd_kafka_NewTopic_t, KafkaRelease> topic(
        rd_kafka_NewTopic_new(name.c_str(), 2, 1, text, sizeof(text)));
    rd_kafka_NewTopic_set_config(topic.get(), config, value);
    rd_kafka_NewTopic_t* raw = topic.get();
    const std::unique_ptr<rd_kafka_queue_t, KafkaRelease> queue(rd_kafka_queue_new(client.get()));
    rd_kafka_CreateTopics(client.get(), &raw, 1, nullptr, queue.get());
    const std::unique_ptr<rd_kafka_event_t, KafkaRelease> event(
        rd_kafka_queue_poll(queue.get(), 30'000));
    ASSERT_NE(event, nullptr);
    ASSERT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  const KafkaOptions options_ = {.brokers = fixture::SharedKafka()};
  const std::string name_ = fixture::UniqueName("topics");
};

TEST_F(KafkaTopicsTest, MadeOnceAndFoundGoodAfterwards) {
  const KafkaTopic topic = {.name = name_, .partitions = 3, .retention = base::Seconds(3600)};
  EXPECT_TRUE(Ensure(topic).ok()) << Ensure(topic);
  EXPECT_TRUE(Ensure(topic).ok()) << Ensure(topic);
  EXPECT_TRUE(Ensure(topic, /*create=*/false).ok());
  EXPECT_TRUE(Ensure({.name = name_, .partitions = 2}).ok()) << "more than asked for is fine";
  EXPECT_TRUE(Ensure({.name = name_, .retention = base::Seconds(60)}).ok());
}

TEST_F(KafkaTopicsTest, WhatIsNotToBeMadeIsMissed) {
  const absl::Status status = Ensure({.name = name_, .partitions = 6}, /*create=*/false);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("topic " + name_ + " does not exist"), HasSubstr("6 partitions")));
  EXPECT_FALSE(Ensure({.name = name_}, /*create=*/false).ok()) << "asking made it";
}

TEST_F(KafkaTopicsTest, TooFewPartitionsAndTooShortAMemoryAreToldTogether) {
  ASSERT_TRUE(Ensure({.name = name_, .partitions = 2, .retention = base::Seconds(60)}).ok());
  const absl::Status status =
      Ensure({.name = name_, .partitions = 6, .retention = base::Seconds(120)});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("has 2 partitions, and 6 are configured"),
                    HasSubstr("keeps messages 60000 ms, and 120000 ms is configured"),
                    HasSubstr("set retention.ms=120000")));
  EXPECT_THAT(Ensure({.name = name_, .retention = base::Seconds(-1)}).message(),
              HasSubstr("for ever is configured: set retention.ms=-1"));
}

TEST_F(KafkaTopicsTest, KeptForEver) {
  const KafkaTopic topic = {.name = name_, .retention = base::Seconds(-1)};
  ASSERT_TRUE(Ensure(topic).ok());
  EXPECT_TRUE(Ensure(topic).ok());
  EXPECT_TRUE(Ensure({.name = name_, .retention = base::Seconds(1'000'000)}).ok());
}

TEST_F(KafkaTopicsTest, MoreCopiesThanBrokers) {
  const absl::Status made = Ensure({.name = name_, .replication = 3});
  EXPECT_EQ(made.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(made.message(), AllOf(HasSubstr(name_), HasSubstr("INVALID_REPLICATION_FACTOR")));
  ASSERT_TRUE(Ensure({.name = name_}).ok());
  EXPECT_THAT(Ensure({.name = name_, .replication = 3}).message(),
              HasSubstr("has 1 copies, and 3 are configured"));
}

TEST_F(KafkaTopicsTest, ATopicThatThrowsMessagesAwayIsRefused) {
  MakeWith(name_, "cleanup.policy", "compact");
  const absl::Status status = Ensure({.name = name_});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("set cleanup.policy=delete"));
}

TEST_F(KafkaTopicsTest, ATopicThatTakesNothingIsRefused) {
  MakeWith(name_, "min.insync.replicas", "2");
  EXPECT_THAT(Ensure({.name = name_}).message(),
              AllOf(HasSubstr("min.insync.replicas=2"), HasSubstr("nothing can be published")));
}

TEST_F(KafkaTopicsTest, ANameThatIsNone) {
  const absl::Status status = Ensure({.name = "no topic/at all"});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_THAT(status.message(), HasSubstr("cannot be made"));
}

TEST_F(KafkaTopicsTest, GoodOnesAreMadeWhenOthersAreNot) {
  const std::string good = fixture::UniqueName("topics");
  const absl::Status status = EnsureKafkaTopics(
      options_, {{.name = name_, .replication = 9}, {.name = good}}, true, base::Seconds(30));
  EXPECT_THAT(status.message(), AllOf(HasSubstr(name_), Not(HasSubstr(good))));
  EXPECT_TRUE(Ensure({.name = good}, /*create=*/false).ok());
}

}  // namespace
}  // namespace saga::adapter
