#pragma once

// What every Kafka client of ours is given.

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace saga::adapter {

enum class KafkaLogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

// Called on any thread, also while a client is being made or destroyed; must not call it.
using KafkaLog = std::function<void(KafkaLogLevel level, const std::string& text)>;

struct KafkaOptions {
  std::string brokers;  // "host:port,host:port": some of the cluster, which names the others
  std::string client_id = "sagad";
  // More settings of librdkafka by its names (security, timeouts): checked as
  // CheckKafkaProperties does.
  std::map<std::string, std::string> properties;
  KafkaLog log;  // may be null
};

}  // namespace saga::adapter
