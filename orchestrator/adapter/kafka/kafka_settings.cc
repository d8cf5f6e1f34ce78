#include "orchestrator/adapter/kafka/kafka_settings.h"

#include <map>
#include <memory>

#include "absl/strings/match.h"

namespace saga::adapter {
namespace {

using Texts = std::map<std::string, std::string>;

// Addresses of functions and of ourselves, which say nothing to anybody.
bool IsPointer(const std::string& name) {
  return name == "opaque" || absl::EndsWith(name, "_cb") || name == "default_topic_conf" ||
         name == "interceptors";
}

void Take(const char** dump, size_t count, Texts* texts) {
  for (size_t i = 0; i + 1 < count; i += 2) {
    if (!IsPointer(dump[i])) texts->emplace(dump[i], dump[i + 1]);
  }
  rd_kafka_conf_dump_free(dump, count);
}

void TakeClient(rd_kafka_conf_t* conf, Texts* texts) {
  size_t count = 0;
  const char** dump = rd_kafka_conf_dump(conf, &count);
  Take(dump, count, texts);
}

void TakeTopics(rd_kafka_topic_conf_t* conf, Texts* texts) {
  size_t count = 0;
  const char** dump = rd_kafka_topic_conf_dump(conf, &count);
  Take(dump, count, texts);
}

const Texts& Defaults() {
  static const auto* const defaults = [] {
    auto* texts = new Texts;
    const KafkaConf conf(rd_kafka_conf_new());
    TakeClient(conf.get(), texts);
    const std::unique_ptr<rd_kafka_topic_conf_t, KafkaRelease> topics(rd_kafka_topic_conf_new());
    TakeTopics(topics.get(), texts);
    return texts;
  }();
  return *defaults;
}

}  // namespace

bool IsKafkaSecret(const std::string& name) {
  return absl::StrContains(name, "password") || absl::StrContains(name, "secret") ||
         name == "ssl.key.pem" || name == "ssl_key" || name == "sasl.oauthbearer.config";
}

std::vector<KafkaSetting> EffectiveKafkaSettings(rd_kafka_t* client) {
  Texts texts;
  const KafkaConf conf(rd_kafka_conf_dup(rd_kafka_conf(client)));
  TakeClient(conf.get(), &texts);
  const std::unique_ptr<rd_kafka_topic_conf_t, KafkaRelease> topics(
      rd_kafka_default_topic_conf_dup(client));
  TakeTopics(topics.get(), &texts);
  std::vector<KafkaSetting> settings;
  settings.reserve(texts.size());
  for (const auto& [name, value] : texts) {
    const auto usual = Defaults().find(name);
    settings.push_back({.name = name,
                        .value = IsKafkaSecret(name) ? "***" : value,
                        .is_default = usual != Defaults().end() && usual->second == value});
  }
  return settings;
}

}  // namespace saga::adapter
