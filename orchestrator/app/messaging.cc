#include "orchestrator/app/messaging.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/kafka/kafka_properties.h"
#include "orchestrator/adapter/kafka/kafka_settings.h"

namespace saga::app {
namespace {

// A start waits no longer than this for a broker; one that is away is asked again in between.
constexpr base::Duration kStartTimeout = base::Seconds(5);
constexpr base::Duration kLaterTimeout = base::Seconds(3);
constexpr absl::Duration kTopicPause = absl::Seconds(5);

absl::StatusOr<std::map<std::string, std::string>> ReadProperties(const std::string& file) {
  if (file.empty()) return std::map<std::string, std::string>();
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) {
    return absl::InvalidArgumentError(
        absl::StrCat("kafka.properties names ", file, ", which cannot be read"));
  }
  absl::StatusOr<std::map<std::string, std::string>> properties =
      adapter::ParseKafkaProperties(text.str(), file);
  if (!properties.ok()) return properties.status();
  if (absl::Status known = adapter::CheckKafkaProperties(*properties); !known.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", known.message()));
  }
  return properties;
}

LogLevel LevelOf(adapter::KafkaLogLevel level) {
  switch (level) {
    case adapter::KafkaLogLevel::kDebug:
      return LogLevel::kDebug;
    case adapter::KafkaLogLevel::kInfo:
      return LogLevel::kInfo;
    case adapter::KafkaLogLevel::kWarning:
      return LogLevel::kWarn;
    case adapter::KafkaLogLevel::kError:
      return LogLevel::kError;
  }
  return LogLevel::kError;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Messaging>> Messaging::Open(const Config& config, Log& log) {
  std::unique_ptr<Messaging> messaging(new Messaging(config, log));
  if (absl::Status made = messaging->MakeClients(); !made.ok()) return made;
  messaging->LogSettings();
  std::vector<std::string> needed;
  for (const std::string& topic :
       {config.kafka_reply_topic, config.kafka_dead_letter_topic, config.kafka_event_topic}) {
    if (!topic.empty()) needed.push_back(topic);
  }
  const absl::Status checked = messaging->CheckTopics(needed, kStartTimeout);
  if (absl::IsUnavailable(checked)) {
    log.Warn("no Kafka broker answers: sagad starts, and asks again",
             {{"brokers", config.kafka_brokers}, {"error", std::string(checked.message())}});
    absl::MutexLock lock(&messaging->mutex_);
    messaging->topics_ = needed;
  } else if (!checked.ok()) {
    return checked;
  }
  messaging->keeper_ = std::thread([raw = messaging.get()] { raw->KeepTopics(); });
  return messaging;
}

Messaging::~Messaging() { Stop(); }

absl::Status Messaging::MakeClients() {
  absl::StatusOr<std::map<std::string, std::string>> properties =
      ReadProperties(config_.kafka_properties);
  if (!properties.ok()) return properties.status();
  kafka_.brokers = config_.kafka_brokers;
  kafka_.properties = *std::move(properties);
  kafka_.log = [this](adapter::KafkaLogLevel level, const std::string& text) {
    log_.Write(LevelOf(level), "kafka", {{"text", text}});
  };
  auto publisher = adapter::KafkaPublisher::Create({.kafka = kafka_});
  if (!publisher.ok()) return publisher.status();
  publisher_ = *std::move(publisher);
  auto source = adapter::KafkaSource::Create(
      {.kafka = kafka_, .topics = {config_.kafka_reply_topic}, .group = config_.kafka_group});
  if (!source.ok()) return source.status();
  source_ = *std::move(source);
  return absl::OkStatus();
}

adapter::KafkaTopic Messaging::TopicOf(const std::string& name) const {
  // librdkafka's word for "what the broker makes of it".
  constexpr int kBrokersChoice = -1;
  return {.name = name,
          .partitions = static_cast<int>(config_.kafka_partitions),
          .replication = config_.kafka_replication == 0
                             ? kBrokersChoice
                             : static_cast<int>(config_.kafka_replication),
          .retention = config_.kafka_retention};
}

absl::Status Messaging::CheckTopics(const std::vector<std::string>& names,
                                    base::Duration timeout) const {
  if (config_.kafka_topics == "trust" || names.empty()) return absl::OkStatus();
  std::vector<adapter::KafkaTopic> topics;
  for (const std::string& name : names) topics.push_back(TopicOf(name));
  return adapter::EnsureKafkaTopics(kafka_, topics, config_.kafka_topics == "create", timeout);
}

void Messaging::Start(engine::Engine* engine, port::OutboxStore* store, port::Clock* clock,
                      port::Executor* executor) {
  intake_ = std::make_unique<engine::ReplyIntake>(
      engine::ReplyIntakeOptions{.dead_letter_topic = config_.kafka_dead_letter_topic,
                                 .group = config_.kafka_group,
                                 .source = config_.kafka_source},
      engine::ReplyIntake::Ports{.engine = engine,
                                 .source = source_.get(),
                                 .store = store,
                                 .clock = clock,
                                 .executor = executor},
      [this, engine](const std::string& reason) {
        log_.Warn("a message could not be understood and is parked: sagactl dlq parked",
                  {{"reason", reason}});
        engine->WakeOutbox();
      });
  intake_->Start();
}

void Messaging::Stop() {
  if (intake_ != nullptr) intake_->Stop();
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (keeper_.joinable()) keeper_.join();
}

void Messaging::NeedTopic(const std::string& topic) {
  absl::MutexLock lock(&mutex_);
  if (std::find(topics_.begin(), topics_.end(), topic) == topics_.end()) topics_.push_back(topic);
}

void Messaging::KeepTopics() {
  std::vector<std::string> failed;
  for (;;) {
    std::vector<std::string> topics;
    {
      absl::MutexLock lock(&mutex_);
      const auto due = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopped_ || !topics_.empty();
      };
      if (failed.empty()) {
        mutex_.Await(absl::Condition(&due));
      } else {
        mutex_.AwaitWithTimeout(absl::Condition(&stopped_), kTopicPause);
      }
      if (stopped_) return;
      topics = std::exchange(topics_, {});
    }
    topics.insert(topics.end(), failed.begin(), failed.end());
    failed.clear();
    // One by one: a topic that is wrong does not stand in the way of the others.
    for (const std::string& topic : topics) {
      const absl::Status status = CheckTopics({topic}, kLaterTimeout);
      if (status.ok()) continue;
      if (absl::IsUnavailable(status)) {
        failed.push_back(topic);
      } else {
        log_.Error("a topic is not as it should be",
                   {{"topic", topic}, {"error", std::string(status.message())}});
      }
    }
  }
}

std::vector<std::string> Messaging::Settings() const {
  std::vector<std::string> lines;
  for (const adapter::KafkaSetting& setting : publisher_->settings())
    lines.push_back(absl::StrCat("producer.", setting.name, " = ", setting.value));
  for (const adapter::KafkaSetting& setting : source_->settings())
    lines.push_back(absl::StrCat("consumer.", setting.name, " = ", setting.value));
  return lines;
}

// What differs from librdkafka's own defaults at start; all of it is told on request.
void Messaging::LogSettings() const {
  const auto log = [&](const char* client, const std::vector<adapter::KafkaSetting>& settings) {
    std::string changed;
    for (const adapter::KafkaSetting& setting : settings) {
      if (setting.is_default) continue;
      absl::StrAppend(&changed, changed.empty() ? "" : " ", setting.name, "=", setting.value);
    }
    log_.Info("kafka client", {{"client", client}, {"settings", changed}});
  };
  log("producer", publisher_->settings());
  log("consumer", source_->settings());
}

}  // namespace saga::app
