#pragma once

// librdkafka's C API with owners and our types. Only the Kafka part of the SDK includes it.
//
// Thread safety: a handle may be used by several threads, as librdkafka allows.

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"

namespace saga::participants::sdk {

struct KafkaDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using KafkaHandle = std::unique_ptr<rd_kafka_t, KafkaDeleter>;
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaDeleter>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaDeleter>;
using KafkaPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaDeleter>;

// `settings` are librdkafka's names and values. INVALID_ARGUMENT names the one it does not take.
// `opaque` comes with every callback. What librdkafka logs becomes log lines, but not every failed
// connection to a broker that is away.
absl::StatusOr<KafkaConf> MakeKafkaConf(const std::map<std::string, std::string>& settings,
                                        void* opaque);

// Takes the conf, whose callbacks are set by now.
absl::StatusOr<KafkaHandle> MakeKafkaHandle(rd_kafka_type_t type, KafkaConf conf);

// A copy of what was read.
base::Message ToMessage(const rd_kafka_message_t& message);
// When it was written, by its own account or the broker's; not set when neither says.
base::Time WrittenAt(const rd_kafka_message_t& message);

// Hands `message` to the producer, which copies it. `ticket` comes with its delivery report.
rd_kafka_resp_err_t Produce(rd_kafka_t* producer, const base::Message& message, void* ticket);

}  // namespace saga::participants::sdk
