#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/kafka/kafka_publisher.h"
#include "orchestrator/adapter/kafka/kafka_source.h"
#include "orchestrator/adapter/kafka/kafka_topics.h"
#include "orchestrator/base/check.h"
#include "tests/contract/message_log/log_under_test.h"
#include "tests/fixture/kafka_broker.h"

namespace saga::contract {
namespace {

class Kafka final : public LogUnderTest {
 public:
  Kafka() : topic_(fixture::UniqueName("contract")) {
    kafka_.brokers = fixture::SharedKafka();
    const absl::Status made =
        adapter::EnsureKafkaTopics(kafka_, {{.name = topic_, .partitions = kPartitions}},
                                   /*create=*/true, base::Seconds(30));
    SAGA_CHECK(made.ok());
    publisher_ = *adapter::KafkaPublisher::Create({.kafka = kafka_});
  }

  port::MessagePublisher& publisher() override { return *publisher_; }
  const std::string& topic() const override { return topic_; }
  std::unique_ptr<port::MessageSource> NewSource(const std::string& group,
                                                 size_t max_unacked) override {
    return *adapter::KafkaSource::Create(
        {.kafka = kafka_, .topics = {topic_}, .group = topic_ + group, .max_unacked = max_unacked});
  }
  bool Until(absl::FunctionRef<bool()> condition) override {
    return fixture::WaitUntil(kPatience, condition);
  }

 private:
  const std::string topic_;
  adapter::KafkaOptions kafka_;
  std::unique_ptr<adapter::KafkaPublisher> publisher_;
};

}  // namespace

std::vector<LogKind> LogKinds() {
  return {{"kafka", [] { return std::make_unique<Kafka>(); }}};
}

}  // namespace saga::contract
