#include "orchestrator/adapter/kafka/kafka_client.h"

#include <syslog.h>

#include "absl/strings/str_cat.h"
#include "orchestrator/adapter/kafka/kafka_properties.h"

namespace saga::adapter {
namespace {

constexpr size_t kErrorText = 512;

KafkaLogLevel LevelOf(int syslog_level) {
  if (syslog_level <= LOG_ERR) return KafkaLogLevel::kError;
  if (syslog_level <= LOG_NOTICE) return KafkaLogLevel::kWarning;
  return syslog_level == LOG_INFO ? KafkaLogLevel::kInfo : KafkaLogLevel::kDebug;
}

void OnLog(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  // One file of properties serves producers and consumers, and that is no mistake.
  if (absl::string_view(facility) == "CONFWARN") return;
  const auto* owner = static_cast<const KafkaOwner*>(rd_kafka_opaque(client));
  if (owner != nullptr) owner->Log(LevelOf(level), absl::StrCat(facility, ": ", text));
}

void OnError(rd_kafka_t*, int error, const char* text, void* opaque) {
  static_cast<KafkaOwner*>(opaque)->OnKafkaError(static_cast<rd_kafka_resp_err_t>(error), text);
}

const KafkaSettingList& OfEveryClient() {
  // librdkafka's own pauses between connection attempts grow to 10 s, which everybody waits for
  // when the broker is back.
  static const auto* const settings =
      new KafkaSettingList{{"reconnect.backoff.ms", "50"},
                           {"reconnect.backoff.max.ms", "500"},
                           {"topic.metadata.refresh.interval.ms", "2000"},
                           {"topic.metadata.propagation.max.ms", "2000"},
                           {"log.connection.close", "false"}};
  return *settings;
}

}  // namespace

absl::Status SetKafka(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char error[kErrorText];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof(error)) ==
      RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(error);
}

absl::StatusOr<KafkaConf> MakeKafkaConf(const KafkaPlan& plan, KafkaOwner* owner) {
  const KafkaOptions& options = *plan.options;
  if (absl::Status status = CheckKafkaProperties(options.properties); !status.ok()) return status;
  KafkaSettingList settings = OfEveryClient();
  settings.insert(settings.end(), plan.ours.begin(), plan.ours.end());
  settings.insert(settings.end(), options.properties.begin(), options.properties.end());
  settings.emplace_back("bootstrap.servers", options.brokers);
  settings.emplace_back("client.id", options.client_id);
  settings.insert(settings.end(), plan.fixed.begin(), plan.fixed.end());
  KafkaConf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : settings) {
    if (absl::Status status = SetKafka(conf.get(), name, value); !status.ok()) return status;
  }
  rd_kafka_conf_set_opaque(conf.get(), owner);
  rd_kafka_conf_set_log_cb(conf.get(), OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  return conf;
}

absl::StatusOr<KafkaClient> MakeKafkaClient(rd_kafka_type_t type, KafkaConf conf) {
  char error[kErrorText];
  KafkaClient client(rd_kafka_new(type, conf.get(), error, sizeof(error)));
  if (client == nullptr) return absl::InvalidArgumentError(absl::StrCat("Kafka client: ", error));
  static_cast<void>(conf.release());  // the client has it now
  return client;
}

absl::Status KafkaStatus(rd_kafka_resp_err_t error, absl::string_view doing) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  const std::string text =
      absl::StrCat(doing, ": ", rd_kafka_err2str(error), " (", rd_kafka_err2name(error), ")");
  switch (static_cast<int>(error)) {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return absl::NotFoundError(text);
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return absl::InvalidArgumentError(text);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return absl::PermissionDeniedError(text);
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__DESTROY:
      return absl::CancelledError(text);
    default:
      return absl::UnavailableError(text);
  }
}

}  // namespace saga::adapter
