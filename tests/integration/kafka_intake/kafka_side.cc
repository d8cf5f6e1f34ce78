#include "tests/integration/kafka_intake/kafka_side.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "orchestrator/envelope/header.h"

namespace saga::participants::sdk {
namespace {

constexpr int kRequestMs = 20'000;

KafkaHandle MustMake(rd_kafka_type_t type, const std::map<std::string, std::string>& settings) {
  absl::StatusOr<KafkaConf> conf = MakeKafkaConf(settings, nullptr);
  EXPECT_TRUE(conf.ok()) << conf.status();
  absl::StatusOr<KafkaHandle> handle = MakeKafkaHandle(type, *std::move(conf));
  EXPECT_TRUE(handle.ok()) << handle.status();
  return *std::move(handle);
}

void ExpectMade(const rd_kafka_event_t& event, const std::string& name) {
  size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(const_cast<rd_kafka_event_t*>(&event)), &count);
  ASSERT_EQ(count, 1u);
  const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
  EXPECT_TRUE(error == RD_KAFKA_RESP_ERR_NO_ERROR ||
              error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      << name << ": " << rd_kafka_err2str(error);
}

}  // namespace

KafkaSide::KafkaSide(const std::string& brokers)
    : brokers_(brokers),
      producer_(MustMake(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                             {"enable.idempotence", "true"},
                                             {"reconnect.backoff.max.ms", "500"},
                                             {"log.connection.close", "false"}})) {}

KafkaHandle KafkaSide::NewConsumer(const std::string& group) {
  return MustMake(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers_},
                                      {"group.id", group},
                                      {"enable.auto.commit", "false"},
                                      {"reconnect.backoff.max.ms", "500"},
                                      {"log.connection.close", "false"}});
}

void KafkaSide::MakeTopic(const std::string& name, int partitions) {
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, nullptr, 0);
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(producer_.get());
  rd_kafka_CreateTopics(producer_.get(), &topic, 1, nullptr, queue);
  rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, kRequestMs);
  EXPECT_NE(event, nullptr) << "no answer about topic " << name;
  if (event != nullptr) {
    ExpectMade(*event, name);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(topic);
}

void KafkaSide::Send(const std::vector<base::Message>& messages) {
  for (const base::Message& message : messages) {
    ASSERT_EQ(Produce(producer_.get(), message, nullptr), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_poll(producer_.get(), 0);
  }
  ASSERT_EQ(rd_kafka_flush(producer_.get(), kRequestMs), RD_KAFKA_RESP_ERR_NO_ERROR);
}

std::vector<base::Message> KafkaSide::Read(const std::string& topic, size_t count,
                                           absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  const KafkaHandle consumer = NewConsumer("reader");
  const KafkaPartitions from(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(from.get(), topic.c_str(), 0)->offset =
      RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(consumer.get(), from.get());
  std::vector<base::Message> messages;
  while (messages.size() < count && absl::Now() < until) {
    const KafkaMessage message(rd_kafka_consumer_poll(consumer.get(), 50));
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
      messages.push_back(ToMessage(*message));
  }
  return messages;
}

std::vector<envelope::Reply> KafkaSide::Replies(const std::string& topic, size_t count,
                                                absl::Duration timeout) {
  std::vector<envelope::Reply> replies;
  for (const base::Message& message : Read(topic, count, timeout)) {
    absl::StatusOr<envelope::Reply> reply = envelope::DecodeReply(message);
    EXPECT_TRUE(reply.ok()) << reply.status();
    if (reply.ok()) replies.push_back(*std::move(reply));
  }
  return replies;
}

std::vector<envelope::DeadLetter> KafkaSide::DeadLetters(const std::string& topic, size_t count,
                                                         absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  std::vector<envelope::DeadLetter> letters;
  // Other tests' dead letters are in the same topic, so the number to wait for is not known.
  for (size_t read = count; letters.size() < count && absl::Now() < until; ++read) {
    letters.clear();
    const std::vector<base::Message> all =
        Read(envelope::kDeadLetterTopic, read, until - absl::Now());
    for (const base::Message& message : all) {
      absl::StatusOr<envelope::DeadLetter> letter = envelope::DecodeDeadLetter(message);
      if (letter.ok() && letter->original_topic == topic) letters.push_back(*std::move(letter));
    }
  }
  return letters;
}

int64_t KafkaSide::Committed(const std::string& group, const std::string& topic,
                             int32_t partition) {
  const KafkaHandle consumer = NewConsumer(group);
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  const rd_kafka_resp_err_t error = rd_kafka_committed(consumer.get(), list.get(), kRequestMs);
  EXPECT_EQ(error, RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(error);
  const int64_t offset = list->elems[0].offset;
  return offset == RD_KAFKA_OFFSET_INVALID ? -1 : offset;
}

}  // namespace saga::participants::sdk
