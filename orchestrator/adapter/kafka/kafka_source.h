#pragma once

// Takes messages from Kafka as one member of a consumer group. An offset is committed when its
// message and every one before it in the partition are acknowledged.

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/kafka/kafka_client.h"
#include "orchestrator/adapter/kafka/kafka_options.h"
#include "orchestrator/adapter/kafka/kafka_settings.h"
#include "orchestrator/adapter/kafka/taken_partitions.h"
#include "orchestrator/port/message_source.h"

namespace saga::adapter {

struct KafkaSourceOptions {
  KafkaOptions kafka;
  std::vector<std::string> topics;  // need not exist yet
  std::string group;
  // A name that this member has across restarts and nobody else in the group has at the same time:
  // after a crash it goes on at once, and its group does not wait for it to be missed
  // (session.timeout.ms, 10 s). Empty: none.
  std::string instance;
  size_t max_unacked = 1000;  // messages handed out and not acknowledged; more are not fetched
};

// Messages of one partition, and so of one key, are handed out in their order. A new group begins
// with the oldest message. What is handed out and not acknowledged is handed out again after a
// restart, after the partition was somebody else's, and after an outage longer than the session.
class KafkaSource final : public port::MessageSource, private KafkaOwner {
 public:
  // Does not wait for the broker, which may be away. InvalidArgument: the options cannot work.
  static absl::StatusOr<std::unique_ptr<KafkaSource>> Create(KafkaSourceOptions options);

  // As Stop.
  ~KafkaSource() override;

  void Start(Handler handler) override;
  // Not from within the handler. Takes up to three seconds when the broker is away.
  void Stop() override;

  const std::vector<KafkaSetting>& settings() const { return settings_; }

 private:
  explicit KafkaSource(KafkaSourceOptions options);

  absl::StatusOr<KafkaClient> NewClient();
  static void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t event,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque);
  void OnKafkaError(rd_kafka_resp_err_t error, const std::string& text) override;

  void Run(KafkaClient client);
  void Consume(rd_kafka_t* client);
  void Close(KafkaClient client);
  static void OnCommit(rd_kafka_t* client, rd_kafka_resp_err_t error,
                       rd_kafka_topic_partition_list_t* offsets, void* opaque);
  // In the background, now and then, when there is news and somebody to tell it to.
  void CommitNews(rd_kafka_t* client);
  bool Answers(rd_kafka_t* client, absl::Duration timeout);
  void KeepWithinLimit(rd_kafka_t* client);
  void SetPaused(rd_kafka_t* client, bool paused);
  void Hand(const rd_kafka_message_t& message);

  const KafkaSourceOptions options_;
  std::vector<KafkaSetting> settings_;
  const std::shared_ptr<TakenPartitions> taken_;
  KafkaClient first_client_;
  Handler handler_;
  // Of the thread.
  bool paused_ = false;
  bool down_ = false;  // as far as the connection tells
  absl::Time next_commit_;

  std::atomic<bool> fatal_{false};
  std::atomic<bool> stopping_{false};
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace saga::adapter
