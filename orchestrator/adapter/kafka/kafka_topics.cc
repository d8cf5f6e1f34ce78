#include "orchestrator/adapter/kafka/kafka_topics.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/kafka/kafka_client.h"

namespace saga::adapter {
namespace {

constexpr absl::Duration kListPause = absl::Milliseconds(50);
constexpr char kRetention[] = "retention.ms";
constexpr char kCleanup[] = "cleanup.policy";
constexpr char kMinInSync[] = "min.insync.replicas";

using EventPtr = std::unique_ptr<rd_kafka_event_t, KafkaRelease>;
using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, KafkaRelease>;
using ResourcePtr = std::unique_ptr<rd_kafka_ConfigResource_t, KafkaRelease>;

class Quiet final : public KafkaOwner {
 public:
  using KafkaOwner::KafkaOwner;
  void OnKafkaError(rd_kafka_resp_err_t, const std::string& text) override {
    Log(KafkaLogLevel::kDebug, text);
  }
};

struct Existing {
  int partitions = 0;
  int replication = 0;
};

// -1: for ever, as Kafka writes it.
int64_t RetentionMillis(const KafkaTopic& topic) {
  return topic.retention.micros < 0 ? -1 : topic.retention.micros / 1000;
}

std::string MillisText(int64_t millis) {
  return millis < 0 ? "for ever" : absl::StrCat(millis, " ms");
}

// A conversation with the cluster about its topics.
class Desk {
 public:
  Desk(rd_kafka_t* client, base::Duration timeout)
      : client_(client), timeout_millis_(static_cast<int>(timeout.micros / 1000)) {}

  absl::StatusOr<std::map<std::string, Existing>> List() const;
  // What is wrong goes to `problems`. Aborted: one of them is there by now.
  absl::Status Create(const std::vector<KafkaTopic>& topics, std::vector<std::string>* problems);
  absl::Status CheckConfigs(const std::vector<KafkaTopic>& topics,
                            const std::map<std::string, Existing>& existing,
                            std::vector<std::string>* problems);

 private:
  // Makes the request, waits for its answer; null with a status when none came.
  absl::StatusOr<EventPtr> Ask(
      rd_kafka_admin_op_t kind,
      absl::FunctionRef<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)> request) const;

  rd_kafka_t* const client_;
  const int timeout_millis_;
};

absl::StatusOr<EventPtr> Desk::Ask(
    rd_kafka_admin_op_t kind,
    absl::FunctionRef<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)> request) const {
  const std::unique_ptr<rd_kafka_AdminOptions_t, KafkaRelease> options(
      rd_kafka_AdminOptions_new(client_, kind));
  char text[512];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_millis_, text, sizeof(text));
  const std::unique_ptr<rd_kafka_queue_t, KafkaRelease> queue(rd_kafka_queue_new(client_));
  request(options.get(), queue.get());
  EventPtr event(rd_kafka_queue_poll(queue.get(), timeout_millis_));
  if (event == nullptr) return absl::UnavailableError("the Kafka cluster does not answer");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return KafkaStatus(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
  }
  return event;
}

absl::StatusOr<std::map<std::string, Existing>> Desk::List() const {
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client_, /*all_topics=*/1, nullptr, &raw, timeout_millis_);
  const KafkaMetadata metadata(raw);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return KafkaStatus(error, "asking for the topics");
  std::map<std::string, Existing> result;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    Existing existing{.partitions = topic.partition_cnt};
    for (int p = 0; p < topic.partition_cnt; ++p) {
      const int copies = topic.partitions[p].replica_cnt;
      existing.replication = p == 0 ? copies : std::min(existing.replication, copies);
    }
    result.emplace(topic.topic, existing);
  }
  return result;
}

NewTopicPtr NewTopic(const KafkaTopic& topic, std::string* problem) {
  char text[512] = "";
  NewTopicPtr made(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication,
                                         text, sizeof(text)));
  if (made == nullptr) {
    *problem = absl::StrCat("topic ", topic.name, " cannot be made: ", text);
    return nullptr;
  }
  rd_kafka_NewTopic_set_config(made.get(), kCleanup, "delete");
  if (topic.retention.micros != 0) {
    rd_kafka_NewTopic_set_config(made.get(), kRetention,
                                 absl::StrCat(RetentionMillis(topic)).c_str());
  }
  return made;
}

absl::Status Desk::Create(const std::vector<KafkaTopic>& topics,
                          std::vector<std::string>* problems) {
  std::vector<NewTopicPtr> owners;
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const KafkaTopic& topic : topics) {
    std::string problem;
    NewTopicPtr made = NewTopic(topic, &problem);
    if (made == nullptr) {
      problems->push_back(problem);
      continue;
    }
    raw.push_back(made.get());
    owners.push_back(std::move(made));
  }
  if (raw.empty()) return absl::OkStatus();
  const absl::StatusOr<EventPtr> event =
      Ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, [&](const auto* options, auto* queue) {
        rd_kafka_CreateTopics(client_, raw.data(), raw.size(), options, queue);
      });
  if (!event.ok()) return event.status();
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  bool taken = false;
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      taken = true;
      continue;
    }
    const char* why = rd_kafka_topic_result_error_string(results[i]);
    problems->push_back(absl::StrCat("topic ", rd_kafka_topic_result_name(results[i]),
                                     " cannot be made: ", why == nullptr ? "" : why, " (",
                                     rd_kafka_err2name(error), ")"));
  }
  return taken ? absl::AbortedError("somebody else was quicker") : absl::OkStatus();
}

using Configs = std::map<std::string, std::string>;

Configs ConfigsOf(const rd_kafka_ConfigResource_t* resource) {
  size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resource, &count);
  Configs configs;
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    configs.emplace(rd_kafka_ConfigEntry_name(entries[i]), value == nullptr ? "" : value);
  }
  return configs;
}

std::optional<int64_t> NumberOf(const Configs& configs, const char* name) {
  const auto found = configs.find(name);
  int64_t number = 0;
  if (found == configs.end() || !absl::SimpleAtoi(found->second, &number)) return std::nullopt;
  return number;
}

void CheckConfig(const KafkaTopic& topic, const Existing& existing, const Configs& configs,
                 std::vector<std::string>* problems) {
  const auto cleanup = configs.find(kCleanup);
  if (cleanup != configs.end() && absl::StrContains(cleanup->second, "compact")) {
    problems->push_back(absl::StrCat("topic ", topic.name, " has ", kCleanup, "=", cleanup->second,
                                     ", which throws away all but the last message of a key: set ",
                                     kCleanup, "=delete"));
  }
  const std::optional<int64_t> kept = NumberOf(configs, kRetention);
  const int64_t wanted = RetentionMillis(topic);
  const bool too_short = kept.has_value() && *kept >= 0 && (wanted < 0 || *kept < wanted);
  if (topic.retention.micros != 0 && too_short) {
    problems->push_back(absl::StrCat("topic ", topic.name, " keeps messages ", MillisText(*kept),
                                     ", and ", MillisText(wanted), " is configured: set ",
                                     kRetention, "=", wanted, ", or configure less"));
  }
  const std::optional<int64_t> in_sync = NumberOf(configs, kMinInSync);
  if (in_sync.has_value() && *in_sync > existing.replication) {
    problems->push_back(absl::StrCat("topic ", topic.name, " has ", kMinInSync, "=", *in_sync,
                                     " and ", existing.replication,
                                     " copies, so that nothing can be published to it: change "
                                     "one of the two"));
  }
}

absl::Status Desk::CheckConfigs(const std::vector<KafkaTopic>& topics,
                                const std::map<std::string, Existing>& existing,
                                std::vector<std::string>* problems) {
  std::vector<ResourcePtr> owners;
  std::vector<rd_kafka_ConfigResource_t*> raw;
  for (const KafkaTopic& topic : topics) {
    owners.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    raw.push_back(owners.back().get());
  }
  if (raw.empty()) return absl::OkStatus();
  const absl::StatusOr<EventPtr> event =
      Ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, [&](const auto* options, auto* queue) {
        rd_kafka_DescribeConfigs(client_, raw.data(), raw.size(), options, queue);
      });
  if (!event.ok()) return event.status();
  size_t count = 0;
  const rd_kafka_ConfigResource_t** results = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  std::map<std::string, Configs> configs;
  for (size_t i = 0; i < count; ++i) {
    if (const rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(results[i]);
        error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return KafkaStatus(error, absl::StrCat("asking for the settings of topic ",
                                             rd_kafka_ConfigResource_name(results[i])));
    }
    configs[rd_kafka_ConfigResource_name(results[i])] = ConfigsOf(results[i]);
  }
  for (const KafkaTopic& topic : topics) {
    CheckConfig(topic, existing.at(topic.name), configs[topic.name], problems);
  }
  return absl::OkStatus();
}

void CheckShape(const KafkaTopic& topic, const Existing& existing,
                std::vector<std::string>* problems) {
  if (existing.partitions < topic.partitions) {
    problems->push_back(absl::StrCat("topic ", topic.name, " has ", existing.partitions,
                                     " partitions, and ", topic.partitions,
                                     " are configured: add some to the topic while nothing is "
                                     "under way in it, or configure ",
                                     existing.partitions));
  }
  if (existing.replication < topic.replication) {
    problems->push_back(absl::StrCat(
        "topic ", topic.name, " has ", existing.replication, " copies, and ", topic.replication,
        " are configured: reassign its partitions, or configure ", existing.replication));
  }
}

// Aborted: to be done again, with what is there by now.
absl::Status LookAndMake(Desk& desk, const std::vector<KafkaTopic>& topics, bool create) {
  const absl::StatusOr<std::map<std::string, Existing>> existing = desk.List();
  if (!existing.ok()) return existing.status();
  std::vector<std::string> problems;
  std::vector<KafkaTopic> missing;
  std::vector<KafkaTopic> present;
  for (const KafkaTopic& topic : topics) {
    const auto found = existing->find(topic.name);
    if (found != existing->end()) {
      CheckShape(topic, found->second, &problems);
      present.push_back(topic);
    } else if (create) {
      missing.push_back(topic);
    } else {
      problems.push_back(absl::StrCat("topic ", topic.name, " does not exist: make it, with ",
                                      topic.partitions, " partitions and ", topic.replication,
                                      " copies"));
    }
  }
  if (absl::Status status = desk.Create(missing, &problems); !status.ok()) return status;
  if (absl::Status status = desk.CheckConfigs(present, *existing, &problems); !status.ok()) {
    return status;
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(problems, "; "));
}

}  // namespace

absl::Status EnsureKafkaTopics(const KafkaOptions& options, const std::vector<KafkaTopic>& topics,
                               bool create, base::Duration timeout) {
  Quiet owner(options.log);
  absl::StatusOr<KafkaConf> conf = MakeKafkaConf({.options = &options}, &owner);
  if (!conf.ok()) return conf.status();
  // A consumer's questions make no topics, whatever the broker would do for a producer.
  absl::StatusOr<KafkaClient> client = MakeKafkaClient(RD_KAFKA_CONSUMER, *std::move(conf));
  if (!client.ok()) return client.status();
  Desk desk(client->get(), timeout);
  const absl::Time deadline = absl::Now() + absl::Microseconds(timeout.micros);
  absl::Status status = LookAndMake(desk, topics, create);
  // A topic that exists already and is not listed yet was made this moment.
  while (absl::IsAborted(status) && absl::Now() < deadline) {
    absl::SleepFor(kListPause);
    status = LookAndMake(desk, topics, create);
  }
  return absl::IsAborted(status) ? absl::UnavailableError(status.message()) : status;
}

}  // namespace saga::adapter
