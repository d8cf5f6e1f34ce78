#pragma once

// The other side of an intake: what sagad does with Kafka, as far as a test needs it.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/base/message.h"
#include "orchestrator/envelope/dead_letter.h"
#include "orchestrator/envelope/reply.h"
#include "participants/sdk/kafka_handle.h"

namespace saga::participants::sdk {

// Not thread-safe. Expects that all goes well, and says what does not.
class KafkaSide {
 public:
  explicit KafkaSide(const std::string& brokers);

  // One that exists already is fine.
  void MakeTopic(const std::string& name, int partitions = 1);

  // Stored by the broker, in this order.
  void Send(const std::vector<base::Message>& messages);

  // Everything in `topic`, which has one partition, from its start, as soon as there are `count` or
  // more; what there is when `timeout` runs out.
  std::vector<base::Message> Read(const std::string& topic, size_t count,
                                  absl::Duration timeout = absl::Seconds(60));
  std::vector<envelope::Reply> Replies(const std::string& topic, size_t count,
                                       absl::Duration timeout = absl::Seconds(60));
  // Those about messages of `topic`.
  std::vector<envelope::DeadLetter> DeadLetters(const std::string& topic, size_t count,
                                                absl::Duration timeout = absl::Seconds(60));

  // What the group committed for a partition; -1: nothing.
  int64_t Committed(const std::string& group, const std::string& topic, int32_t partition = 0);

 private:
  KafkaHandle NewConsumer(const std::string& group);

  const std::string brokers_;
  KafkaHandle producer_;
};

}  // namespace saga::participants::sdk
