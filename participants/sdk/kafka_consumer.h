#pragma once

// The reading half of the intake: one consumer in a group, its assignment, and the positions it may
// commit. Positions are stored by hand and committed by librdkafka five times a second, when a
// partition is taken away, and when it closes.
//
// Thread safety: one thread, the reader's, calls it; its callbacks come from within Poll and Close.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "participants/sdk/kafka_handle.h"
#include "participants/sdk/offset_ledger.h"

namespace saga::participants::sdk {

class KafkaConsumer {
 public:
  struct Events {
    std::function<void(const std::vector<int32_t>& partitions)> assigned;
    // Before they are: the last moment to Store positions, unless they are lost already.
    std::function<void(const std::vector<int32_t>& partitions, bool lost)> revoked;
  };

  // Joins `group` and subscribes to `topic`, which need not exist yet.
  static absl::StatusOr<std::unique_ptr<KafkaConsumer>> Open(const std::string& brokers,
                                                             const std::string& group,
                                                             const std::string& topic,
                                                             Events events);
  ~KafkaConsumer();
  KafkaConsumer(const KafkaConsumer&) = delete;
  KafkaConsumer& operator=(const KafkaConsumer&) = delete;

  // The next message, or null after `timeout`.
  KafkaMessage Poll(absl::Duration timeout);

  // To be committed.
  void Store(const std::vector<CommitPosition>& positions);

  // While paused Poll gives no messages; it has to be called all the same.
  void Pause(bool pause);

  // Commits and leaves the group. Without a broker there is nobody to tell.
  void Close();

 private:
  KafkaConsumer(std::string group, std::string topic, Events events)
      : group_(std::move(group)), topic_(std::move(topic)), events_(std::move(events)) {}

  static void OnRebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                          rd_kafka_topic_partition_list_t* partitions, void* consumer);
  static void OnError(rd_kafka_t* handle, int error, const char* reason, void* consumer);

  void Trouble(const std::string& text);
  void Reached();
  // While no broker answers: whether one does by now.
  void LookForBroker();

  const std::string group_;
  const std::string topic_;
  const Events events_;
  KafkaHandle handle_;
  bool away_ = false;
  absl::Time looked_;    // for a broker, last
  std::string trouble_;  // as logged last; empty: none since things went well
};

}  // namespace saga::participants::sdk
