#pragma once

// Everything of a running sagad that speaks to Kafka: the topics it needs, what it publishes, and
// the replies it takes. Kafka is a way round and a loudspeaker, never in the way: a broker that is
// away delays nothing but what has to go through it.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/kafka/kafka_options.h"
#include "orchestrator/adapter/kafka/kafka_publisher.h"
#include "orchestrator/adapter/kafka/kafka_source.h"
#include "orchestrator/adapter/kafka/kafka_topics.h"
#include "orchestrator/app/config.h"
#include "orchestrator/app/log.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/reply_intake.h"

namespace saga::app {

// Thread-safe, but for Start and Stop.
class Messaging {
 public:
  // Makes the clients, logs what they really run with, and makes or checks the topics. A broker
  // that is away is asked again later. `config` names brokers; both outlive this. InvalidArgument:
  // the settings cannot work; FailedPrecondition: a topic is not as configured. The text says what
  // to change.
  static absl::StatusOr<std::unique_ptr<Messaging>> Open(const Config& config, Log& log);
  ~Messaging();  // Stop

  Messaging(const Messaging&) = delete;
  Messaging& operator=(const Messaging&) = delete;

  port::MessagePublisher* publisher() { return publisher_.get(); }

  // From here on replies are taken. The ports outlive this, or Stop.
  void Start(engine::Engine* engine, port::OutboxStore* store, port::Clock* clock,
             port::Executor* executor);
  // Takes no more replies. Before Engine::Stop; the publisher goes with this object.
  void Stop();

  // A participant takes commands there: the topic is made or checked soon.
  void NeedTopic(const std::string& topic);

  // "producer.acks = all": what the clients run with, for whoever asks; secrets are masked.
  std::vector<std::string> Settings() const;

 private:
  Messaging(const Config& config, Log& log) : config_(config), log_(log) {}

  absl::Status MakeClients();
  adapter::KafkaTopic TopicOf(const std::string& name) const;
  absl::Status CheckTopics(const std::vector<std::string>& names, base::Duration timeout) const;
  void KeepTopics();
  void LogSettings() const;

  const Config& config_;
  Log& log_;
  adapter::KafkaOptions kafka_;
  std::unique_ptr<adapter::KafkaPublisher> publisher_;
  std::unique_ptr<adapter::KafkaSource> source_;
  std::unique_ptr<engine::ReplyIntake> intake_;

  absl::Mutex mutex_;
  std::vector<std::string> topics_ ABSL_GUARDED_BY(mutex_);  // to be made or checked
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread keeper_;
};

}  // namespace saga::app
