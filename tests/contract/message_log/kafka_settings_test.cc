// What the clients say they run with.

#include "orchestrator/adapter/kafka/kafka_settings.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "orchestrator/adapter/kafka/kafka_publisher.h"
#include "orchestrator/adapter/kafka/kafka_source.h"

namespace saga::adapter {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

// Nobody listens there.
constexpr char kNowhere[] = "127.0.0.1:1";

std::string Text(const KafkaSetting& setting) {
  return setting.name + "=" + setting.value + (setting.is_default ? " (default)" : "");
}

std::vector<std::string> Texts(const std::vector<KafkaSetting>& settings) {
  std::vector<std::string> texts;
  for (const KafkaSetting& setting : settings) texts.push_back(Text(setting));
  return texts;
}

TEST(KafkaSettingsTest, OfAPublisher) {
  const auto publisher = KafkaPublisher::Create(
      {.kafka = {.brokers = kNowhere,
                 .client_id = "sagad-a",
                 .properties = {{"linger.ms", "7"}, {"session.timeout.ms", "9000"}}}});
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  EXPECT_THAT(
      Texts((*publisher)->settings()),
      IsSupersetOf(
          {std::string("enable.idempotence=true"), std::string("queue.buffering.max.ms=7"),
           std::string("partitioner=murmur2_random"), std::string("message.timeout.ms=0"),
           std::string("request.required.acks=-1 (default)"),
           std::string("reconnect.backoff.ms=50"), std::string("reconnect.backoff.max.ms=500"),
           std::string("topic.metadata.propagation.max.ms=2000"), std::string("client.id=sagad-a"),
           std::string("metadata.broker.list=127.0.0.1:1"),
           std::string("socket.timeout.ms=60000 (default)")}));
}

TEST(KafkaSettingsTest, OfASource) {
  const auto source = KafkaSource::Create(
      {.kafka = {.brokers = kNowhere}, .topics = {"t"}, .group = "g", .instance = "a"});
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_THAT(Texts((*source)->settings()),
              IsSupersetOf({std::string("enable.auto.offset.store=false"),
                            std::string("group.id=g"), std::string("group.instance.id=a"),
                            std::string("isolation.level=read_committed (default)"),
                            std::string("partition.assignment.strategy=cooperative-sticky"),
                            std::string("auto.offset.reset=smallest"),
                            std::string("session.timeout.ms=10000")}));
}

TEST(KafkaSettingsTest, SecretsAreNotTold) {
  const auto publisher =
      KafkaPublisher::Create({.kafka = {.brokers = kNowhere,
                                        .properties = {{"security.protocol", "SASL_PLAINTEXT"},
                                                       {"sasl.mechanism", "PLAIN"},
                                                       {"sasl.username", "saga"},
                                                       {"sasl.password", "hunter2"}}}});
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  const std::vector<std::string> texts = Texts((*publisher)->settings());
  EXPECT_THAT(texts,
              IsSupersetOf({std::string("sasl.password=***"), std::string("sasl.username=saga")}));
  EXPECT_THAT(texts, testing::Each(testing::Not(HasSubstr("hunter2"))));
  for (const char* name : {"ssl.key.password", "ssl.keystore.password", "ssl.key.pem",
                           "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config"}) {
    EXPECT_TRUE(IsKafkaSecret(name)) << name;
  }
  EXPECT_FALSE(IsKafkaSecret("sasl.username"));
}

}  // namespace
}  // namespace saga::adapter
