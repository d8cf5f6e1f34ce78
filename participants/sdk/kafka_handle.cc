#include "participants/sdk/kafka_handle.h"

#include <syslog.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "participants/sdk/log_line.h"

namespace saga::participants::sdk {
namespace {

constexpr size_t kErrorText = 512;

void OnLog(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // Connections that fail are told once, by the one who holds the handle.
  if (level > LOG_WARNING || absl::string_view(facility) == "FAIL") return;
  LogLine(LogLevel::kWarning, "kafka client").Set("facility", facility).Set("text", text);
}

// Without one librdkafka writes every error to the log.
void OnError(rd_kafka_t*, int, const char*, void*) {}

base::Bytes Copy(const void* data, size_t size) {
  return base::MakeBytes(std::string(static_cast<const char*>(data), data == nullptr ? 0 : size));
}

}  // namespace

absl::StatusOr<KafkaConf> MakeKafkaConf(const std::map<std::string, std::string>& settings,
                                        void* opaque) {
  KafkaConf conf(rd_kafka_conf_new());
  std::array<char, kErrorText> error{};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), error.data(), error.size()) !=
        RD_KAFKA_CONF_OK) {
      return absl::InvalidArgumentError(absl::StrCat("kafka setting ", name, ": ", error.data()));
    }
  }
  rd_kafka_conf_set_opaque(conf.get(), opaque);
  rd_kafka_conf_set_log_cb(conf.get(), OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  return conf;
}

absl::StatusOr<KafkaHandle> MakeKafkaHandle(rd_kafka_type_t type, KafkaConf conf) {
  std::array<char, kErrorText> error{};
  KafkaHandle handle(rd_kafka_new(type, conf.get(), error.data(), error.size()));
  if (handle == nullptr) return absl::InvalidArgumentError(absl::StrCat("kafka: ", error.data()));
  // The handle owns it now.
  static_cast<void>(conf.release());
  return handle;
}

base::Message ToMessage(const rd_kafka_message_t& message) {
  base::Message copy;
  copy.topic = rd_kafka_topic_name(message.rkt);
  if (message.key != nullptr) copy.key.assign(static_cast<char*>(message.key), message.key_len);
  copy.value = Copy(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return copy;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    copy.headers.emplace_back(name, std::string(static_cast<const char*>(value), value ? size : 0));
  }
  return copy;
}

base::Time WrittenAt(const rd_kafka_message_t& message) {
  const int64_t millis = rd_kafka_message_timestamp(&message, nullptr);
  return millis < 0 ? base::Time{} : base::Time{millis * 1000};
}

rd_kafka_resp_err_t Produce(rd_kafka_t* producer, const base::Message& message, void* ticket) {
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  const std::string& value = base::Value(message.value);
  const rd_kafka_resp_err_t error =
      rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(message.topic.c_str()),
                        RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
                        RD_KAFKA_V_OPAQUE(ticket), RD_KAFKA_V_END);
  // Taken with the message, and only then.
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return error;
}

}  // namespace saga::participants::sdk
