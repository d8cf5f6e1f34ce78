#pragma once

// Publishes to Kafka with librdkafka's idempotent producer: what is taken is written to every
// replica in sync (acks=all) once, in the order it was taken, also when the broker dies in between.
// A message never times out here: while no broker can be reached it waits inside, because one that
// was given up could still be in the log, and publishing it again would change the order of its
// key.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "orchestrator/adapter/kafka/kafka_client.h"
#include "orchestrator/adapter/kafka/kafka_options.h"
#include "orchestrator/adapter/kafka/kafka_settings.h"
#include "orchestrator/base/time.h"
#include "orchestrator/port/message_publisher.h"

namespace saga::adapter {

struct KafkaPublisherOptions {
  KafkaOptions kafka;
  int64_t max_in_flight = 10'000;  // messages taken and not done; more are refused
  // How long the destructor waits for what is under way when the broker can be reached; the rest is
  // done with Cancelled.
  base::Duration close_timeout = base::Seconds(5);
};

// What `done` is told: OK; Unavailable and Cancelled: it may be published; NotFound: the topic does
// not exist; InvalidArgument: too large for the broker or the topic; PermissionDenied.
class KafkaPublisher final : public port::MessagePublisher, private KafkaOwner {
 public:
  // Does not wait for the broker, which may be away. InvalidArgument: the options cannot work.
  static absl::StatusOr<std::unique_ptr<KafkaPublisher>> Create(KafkaPublisherOptions options);

  // Every `done` has run when it returns.
  ~KafkaPublisher() override;

  bool Publish(const base::Message& message, Done done) override;

  // From what the connection tells and a question to the broker every half second: false about a
  // second after the broker is gone, true about a second after it is back. False at first.
  bool Reachable() const override { return reachable_.load(std::memory_order_relaxed); }

  // Messages that are taken and not done.
  int64_t InFlight() const { return in_flight_.load(std::memory_order_relaxed); }

  const std::vector<KafkaSetting>& settings() const { return settings_; }

 private:
  explicit KafkaPublisher(KafkaPublisherOptions options);

  absl::StatusOr<KafkaClient> NewClient();
  static void OnDelivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  void OnKafkaError(rd_kafka_resp_err_t error, const std::string& text) override;

  void Serve();
  void Probe();
  rd_kafka_t* Client() ABSL_LOCKS_EXCLUDED(client_mutex_);
  void Finish(Done done, const absl::Status& status);
  void FinishRefused() ABSL_LOCKS_EXCLUDED(refused_mutex_);
  void Drop(KafkaClient client);
  void Replace() ABSL_LOCKS_EXCLUDED(client_mutex_);
  void SetReachable(bool reachable, absl::string_view why);

  const KafkaPublisherOptions options_;
  std::vector<KafkaSetting> settings_;

  // Readers use the client, the writer replaces it; null while it is being replaced.
  absl::Mutex client_mutex_;
  KafkaClient client_ ABSL_GUARDED_BY(client_mutex_);

  // librdkafka did not take them; told on the serving thread, because Publish does not call back.
  absl::Mutex refused_mutex_;
  std::vector<std::pair<Done, absl::Status>> refused_ ABSL_GUARDED_BY(refused_mutex_);

  std::atomic<int64_t> in_flight_{0};
  std::atomic<bool> reachable_{false};
  std::atomic<bool> fatal_{false};
  absl::Notification stop_;
  std::thread server_;
  std::thread prober_;
};

}  // namespace saga::adapter
