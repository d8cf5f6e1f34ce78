#pragma once

// librdkafka's C interface with owners, for the .cc files of this folder and kafka_publisher.h and
// kafka_source.h.

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "orchestrator/adapter/kafka/kafka_options.h"

namespace saga::adapter {

struct KafkaRelease {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_conf_t* conf) const { rd_kafka_topic_conf_destroy(conf); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_ConfigResource_t* resource) const {
    rd_kafka_ConfigResource_destroy(resource);
  }
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};

using KafkaClient = std::unique_ptr<rd_kafka_t, KafkaRelease>;
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaRelease>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaRelease>;
using KafkaPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaRelease>;
using KafkaMetadata = std::unique_ptr<const rd_kafka_metadata_t, KafkaRelease>;

using KafkaSettingList = std::vector<std::pair<std::string, std::string>>;

// One setting; the text of InvalidArgument is librdkafka's.
absl::Status SetKafka(rd_kafka_conf_t* conf, const std::string& name, const std::string& value);

// `ours`, then what every client of ours has, then the properties of `options`, then `fixed`, which
// nothing overrides; the log goes to options.log. `opaque` is what callbacks get; `options` must
// outlive the client. InvalidArgument as CheckKafkaProperties.
struct KafkaPlan {
  const KafkaOptions* options = nullptr;
  KafkaSettingList ours;
  KafkaSettingList fixed;
};

// What the callbacks of a client find behind its opaque pointer.
class KafkaOwner {
 public:
  explicit KafkaOwner(KafkaLog log) : log_(std::move(log)) {}
  virtual ~KafkaOwner() = default;

  // Any thread. The connection was lost, nobody can be reached, something is fatal, ...
  virtual void OnKafkaError(rd_kafka_resp_err_t error, const std::string& text) = 0;

  void Log(KafkaLogLevel level, const std::string& text) const {
    if (log_ != nullptr) log_(level, text);
  }

 private:
  const KafkaLog log_;
};

absl::StatusOr<KafkaConf> MakeKafkaConf(const KafkaPlan& plan, KafkaOwner* owner);
absl::StatusOr<KafkaClient> MakeKafkaClient(rd_kafka_type_t type, KafkaConf conf);

// Unavailable unless librdkafka is sure that trying again will not help: NotFound (no such topic),
// InvalidArgument (too large, malformed), PermissionDenied; Cancelled when we gave it up ourselves.
absl::Status KafkaStatus(rd_kafka_resp_err_t error, absl::string_view doing);

}  // namespace saga::adapter
