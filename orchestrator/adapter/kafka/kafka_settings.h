#pragma once

// What a Kafka client really runs with, for the log and for whoever asks: after librdkafka's
// defaults, ours, the deployment's and what librdkafka itself changes because of them
// (idempotence).

#include <string>
#include <vector>

#include "orchestrator/adapter/kafka/kafka_client.h"

namespace saga::adapter {

struct KafkaSetting {
  std::string name;
  std::string value;       // "***" when it is a secret
  bool is_default = true;  // librdkafka's own value

  bool operator==(const KafkaSetting&) const = default;
};

// Passwords, keys and tokens.
bool IsKafkaSecret(const std::string& name);

// Of the client and its topics, sorted by name. Settings without a value are left out.
std::vector<KafkaSetting> EffectiveKafkaSettings(rd_kafka_t* client);

}  // namespace saga::adapter
