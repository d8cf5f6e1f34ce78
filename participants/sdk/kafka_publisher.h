#pragma once

// Publishes messages until the broker has them: idempotent producer, acks=all, delivery reports
// checked. What fails is sent again, over a new connection and, after a fatal error, by a new
// producer; so a message may be stored twice, and messages of one key may change places then. Who
// reads them de-duplicates anyway.
//
// Thread safety: thread-safe.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"
#include "participants/sdk/kafka_handle.h"

namespace saga::participants::sdk {

class KafkaPublisher {
 public:
  // INVALID_ARGUMENT: brokers that are none. Does not wait for a broker.
  static absl::StatusOr<std::unique_ptr<KafkaPublisher>> Open(const std::string& brokers);
  // What is not stored by then is given up, without a call of its `done`.
  ~KafkaPublisher();
  KafkaPublisher(const KafkaPublisher&) = delete;
  KafkaPublisher& operator=(const KafkaPublisher&) = delete;

  // `done` is called once, from the publisher's own thread, when the broker has the message, or it
  // was not taken by `wanted_until`, after which it is not sent again.
  void Publish(base::Message message, base::Time wanted_until, std::function<void()> done)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until nothing is on its way; false when `timeout` was too short.
  bool Flush(absl::Duration timeout) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Sending {
    base::Message message;
    base::Time wanted_until;
    std::function<void()> done;
  };

  explicit KafkaPublisher(const std::string& brokers);

  static void OnReport(rd_kafka_t* producer, const rd_kafka_message_t* report, void* publisher);

  absl::StatusOr<KafkaHandle> MakeProducer();
  // Ends it; what it has not sent is reported as purged.
  static void Retire(KafkaHandle producer);
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  void Reported(std::unique_ptr<Sending> sending, rd_kafka_resp_err_t error)
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool Closing() ABSL_LOCKS_EXCLUDED(mutex_);
  void Ended(const Sending& sending) ABSL_LOCKS_EXCLUDED(mutex_);
  // Logs the first of a row of equal errors.
  void Tell(const Sending& sending, rd_kafka_resp_err_t error) ABSL_LOCKS_EXCLUDED(mutex_);
  // Sends what waited long enough again.
  void Repeat() ABSL_LOCKS_EXCLUDED(mutex_);
  void Send(std::unique_ptr<Sending> sending) ABSL_LOCKS_EXCLUDED(mutex_, producer_mutex_);
  void ReplaceProducer() ABSL_LOCKS_EXCLUDED(mutex_, producer_mutex_);

  const std::map<std::string, std::string> settings_;
  absl::Mutex producer_mutex_;  // readers produce, the writer replaces
  KafkaHandle producer_ ABSL_GUARDED_BY(producer_mutex_);

  absl::Mutex mutex_;
  struct Failed {
    absl::Time due;
    std::unique_ptr<Sending> sending;
  };
  std::deque<Failed> failed_ ABSL_GUARDED_BY(mutex_);  // by due
  size_t outstanding_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  // So that an outage is logged once.
  rd_kafka_resp_err_t last_error_ ABSL_GUARDED_BY(mutex_) = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::thread thread_;
};

}  // namespace saga::participants::sdk
