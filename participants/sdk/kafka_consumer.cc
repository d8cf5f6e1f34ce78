#include "participants/sdk/kafka_consumer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "participants/sdk/log_line.h"

namespace saga::participants::sdk {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(1);
constexpr int kLookMs = 200;

std::map<std::string, std::string> Settings(const std::string& brokers, const std::string& group) {
  return {{"bootstrap.servers", brokers},
          {"group.id", group},
          {"auto.offset.reset", "earliest"},
          {"enable.auto.commit", "true"},
          {"auto.commit.interval.ms", "200"},
          {"enable.auto.offset.store", "false"},
          // A crashed instance's partitions go to another one after this long.
          {"session.timeout.ms", "10000"},
          {"heartbeat.interval.ms", "1000"},
          {"queued.max.messages.kbytes", "16384"},
          {"topic.metadata.refresh.interval.ms", "1000"},
          {"reconnect.backoff.ms", "50"},
          {"reconnect.backoff.max.ms", "500"},
          {"log.connection.close", "false"}};
}

std::vector<int32_t> NumbersOf(const rd_kafka_topic_partition_list_t& partitions) {
  std::vector<int32_t> numbers;
  numbers.reserve(partitions.cnt);
  for (int i = 0; i < partitions.cnt; ++i) numbers.push_back(partitions.elems[i].partition);
  return numbers;
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaConsumer>> KafkaConsumer::Open(const std::string& brokers,
                                                                   const std::string& group,
                                                                   const std::string& topic,
                                                                   Events events) {
  std::unique_ptr<KafkaConsumer> consumer(new KafkaConsumer(group, topic, std::move(events)));
  absl::StatusOr<KafkaConf> conf = MakeKafkaConf(Settings(brokers, group), consumer.get());
  if (!conf.ok()) return conf.status();
  rd_kafka_conf_set_rebalance_cb(conf->get(), OnRebalance);
  rd_kafka_conf_set_error_cb(conf->get(), OnError);
  absl::StatusOr<KafkaHandle> handle = MakeKafkaHandle(RD_KAFKA_CONSUMER, *std::move(conf));
  if (!handle.ok()) return handle.status();
  consumer->handle_ = *std::move(handle);
  rd_kafka_poll_set_consumer(consumer->handle_.get());
  const KafkaPartitions topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(consumer->handle_.get(), topics.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot subscribe to '", topic, "': ", rd_kafka_err2str(error)));
  }
  return consumer;
}

KafkaConsumer::~KafkaConsumer() { Close(); }

void KafkaConsumer::Close() {
  if (handle_ == nullptr) return;
  if (away_) {
    // Closing would wait for an answer to the commit.
    rd_kafka_destroy_flags(handle_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return;
  }
  rd_kafka_consumer_close(handle_.get());
  handle_ = nullptr;
}

KafkaMessage KafkaConsumer::Poll(absl::Duration timeout) {
  KafkaMessage message(
      rd_kafka_consumer_poll(handle_.get(), static_cast<int>(absl::ToInt64Milliseconds(timeout))));
  if (message == nullptr) {
    if (away_) LookForBroker();
    return nullptr;
  }
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Trouble(rd_kafka_message_errstr(message.get()));
    return nullptr;
  }
  Reached();
  return message;
}

void KafkaConsumer::Store(const std::vector<CommitPosition>& positions) {
  if (positions.empty()) return;
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const CommitPosition& position : positions) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), position.partition)->offset =
        position.next;
  }
  // Refused for a partition that was taken away meanwhile, whose messages come again elsewhere.
  rd_kafka_offsets_store(handle_.get(), list.get());
}

void KafkaConsumer::Pause(bool pause) {
  rd_kafka_topic_partition_list_t* assignment = nullptr;
  if (rd_kafka_assignment(handle_.get(), &assignment) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const KafkaPartitions owner(assignment);
  if (pause) {
    rd_kafka_pause_partitions(handle_.get(), assignment);
  } else {
    rd_kafka_resume_partitions(handle_.get(), assignment);
  }
}

void KafkaConsumer::OnRebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                                rd_kafka_topic_partition_list_t* partitions, void* consumer) {
  auto* const self = static_cast<KafkaConsumer*>(consumer);
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->Reached();
    LogLine(LogLevel::kInfo, "kafka partitions assigned")
        .Set("topic", self->topic_)
        .Set("partitions", partitions->cnt);
    self->events_.assigned(NumbersOf(*partitions));
    rd_kafka_assign(handle, partitions);
    return;
  }
  self->events_.revoked(NumbersOf(*partitions), rd_kafka_assignment_lost(handle) != 0);
  // Commits what was stored, first.
  rd_kafka_assign(handle, nullptr);
}

void KafkaConsumer::OnError(rd_kafka_t*, int error, const char* reason, void* consumer) {
  auto* const self = static_cast<KafkaConsumer*>(consumer);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (!std::exchange(self->away_, true))
      LogLine(LogLevel::kWarning, "kafka is away, waiting for it").Set("reason", reason);
  } else if (error != RD_KAFKA_RESP_ERR__TRANSPORT && error != RD_KAFKA_RESP_ERR__RESOLVE) {
    self->Trouble(reason);
  }
}

void KafkaConsumer::Trouble(const std::string& text) {
  if (std::exchange(trouble_, text) == text) return;
  LogLine(LogLevel::kWarning, "kafka commands cannot be read, tried again")
      .Set("topic", topic_)
      .Set("group", group_)
      .Set("reason", text);
}

void KafkaConsumer::Reached() {
  trouble_.clear();
  if (std::exchange(away_, false)) LogLine(LogLevel::kInfo, "kafka is back");
}

void KafkaConsumer::LookForBroker() {
  const absl::Time now = absl::Now();
  if (now - looked_ < kLookEvery) return;
  looked_ = now;
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(handle_.get(), 0, nullptr, &metadata, kLookMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return;
  }
  rd_kafka_metadata_destroy(metadata);
  Reached();
}

}  // namespace saga::participants::sdk
