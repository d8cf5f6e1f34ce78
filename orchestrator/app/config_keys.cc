#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "orchestrator/app/config.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"

namespace saga::app {
namespace {

constexpr int64_t kMillisecond = 1000;
constexpr int64_t kSecond = 1000 * kMillisecond;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

// Defaults that are also limits of the core are written here as text, because the text is what
// people see; the unit test compares them with core/limits.h.

std::vector<ConfigKey> StoreKeys() {
  return {
      {.name = "data_dir",
       .type = KeyType::kPath,
       .default_value = "/var/lib/sagad",
       .field = &Config::data_dir,
       .help = "Directory of the store; created when missing."},
      {.name = "store",
       .type = KeyType::kStore,
       .default_value = "sqlite",
       .field = &Config::store,
       .help = "Where transactions are kept: in a file of data_dir; in the database of an address "
               "mysql://USER@HOST:PORT/DATABASE, which several nodes may share (doc/stores.md); or "
               "in memory, which loses everything at the end of the process."},
      {.name = "store.password_file",
       .type = KeyType::kPath,
       .default_value = "",
       .field = &Config::store_password_file,
       .help = "File whose first line is the password of store mysql://; empty: the environment "
               "variable SAGAD_STORE_PASSWORD, or none."},
      {.name = "store.tls",
       .type = KeyType::kChoice,
       .default_value = "off",
       .choices = "off|required|verified",
       .field = &Config::store_tls,
       .help = "Encryption to the database: required takes any certificate, verified only one of "
               "store.tls_ca that names the host."},
      {.name = "store.tls_ca",
       .type = KeyType::kPath,
       .default_value = "",
       .field = &Config::store_tls_ca,
       .help = "Certificates that the database's is checked against, PEM; empty: the system's."},
      {.name = "store.tls_cert",
       .type = KeyType::kPath,
       .default_value = "",
       .field = &Config::store_tls_cert,
       .help = "Certificate of this server for the database, PEM; empty: none."},
      {.name = "store.tls_key",
       .type = KeyType::kPath,
       .default_value = "",
       .field = &Config::store_tls_key,
       .help = "Key of store.tls_cert, PEM."},
      {.name = "store.time_zone",
       .type = KeyType::kText,
       .default_value = "",
       .field = &Config::store_time_zone,
       .help = "Zone of the times in DTM's tables, such as Europe/Berlin; empty: this machine's. "
               "Every node, and DTM, must have the same."},
      {.name = "store.migrate",
       .type = KeyType::kChoice,
       .default_value = "auto",
       .choices = "auto|off",
       .field = &Config::store_migrate,
       .help = "Tables that a database lacks are made at start; off: a start without them is "
               "refused (sagad migrate)."},
  };
}

std::vector<ConfigKey> NodeKeys() {
  return {
      {.name = "node.name",
       .type = KeyType::kText,
       .default_value = "",
       .field = &Config::node_name,
       .help = "This node in lists and logs; empty: the machine's name."},
      {.name = "node.address",
       .type = KeyType::kText,
       .default_value = "",
       .field = &Config::node_address,
       .help = "host:port where the other nodes of a shared store reach the gRPC door of this one; "
               "empty: grpc_listen with the port that was taken."},
      {.name = "node.lease",
       .type = KeyType::kDuration,
       .default_value = "5s",
       .min = kSecond,
       .max = 10 * kMinute,
       .field = &Config::node_lease,
       .help = "How long a node of a shared store may be silent before the others take over its "
               "transactions."},
      {.name = "store.retention",
       .type = KeyType::kDuration,
       .default_value = "0s",
       .min = 0,
       .max = 36500 * kDay,
       .field = &Config::store_retention,
       .help = "Transactions that ended longer ago are deleted; 0s: none is, ever. A gid that was "
               "deleted is free again (doc/care.md)."},
  };
}

std::vector<ConfigKey> ServerKeys() {
  return {
      {.name = "grpc_listen",
       .type = KeyType::kAddress,
       .default_value = "127.0.0.1:36790",
       .field = &Config::grpc_listen,
       .help = "Address of the gRPC door: DTM protocol, admin, health. Port 0 takes a free one."},
      {.name = "http_listen",
       .type = KeyType::kAddress,
       .default_value = "127.0.0.1:36789",
       .field = &Config::http_listen,
       .help = "Address of the HTTP door: DTM protocol, metrics, probes. Port 0 takes a free one."},
      {.name = "definitions",
       .type = KeyType::kPath,
       .default_value = "",
       .field = &Config::definitions,
       .help = "Directory of *.saga.yaml definitions; empty: none."},
      {.name = "drain_timeout",
       .type = KeyType::kDuration,
       .default_value = "20s",
       .min = 0,
       .max = kHour,
       .field = &Config::drain_timeout,
       .help = "How long SIGTERM waits for calls that are out. What is left is continued by the "
               "next start."},
  };
}

std::vector<ConfigKey> LogKeys() {
  return {
      {.name = "log.level",
       .type = KeyType::kChoice,
       .default_value = "info",
       .choices = "debug|info|warn|error",
       .field = &Config::log_level,
       .help = "Least important message that is logged."},
      {.name = "log.format",
       .type = KeyType::kChoice,
       .default_value = "json",
       .choices = "json|text",
       .field = &Config::log_format,
       .help = "One JSON object a line, or text for people. To standard error."},
  };
}

std::vector<ConfigKey> EngineKeys() {
  return {
      {.name = "engine.timeout_to_fail",
       .type = KeyType::kDuration,
       .default_value = "35s",
       .min = kSecond,
       .max = 365 * kDay,
       .field = &Config::timeout_to_fail,
       .help = "A TCC or message that is still undecided after this is undone, unless it says "
               "otherwise itself."},
      {.name = "engine.retry_interval",
       .type = KeyType::kDuration,
       .default_value = "10s",
       .min = 10 * kMillisecond,
       .max = kDay,
       .field = &Config::retry_interval,
       .help = "Pause before a branch call is repeated; doubles while the outcome stays unknown."},
      {.name = "engine.max_retry_interval",
       .type = KeyType::kDuration,
       .default_value = "10m",
       .min = 10 * kMillisecond,
       .max = 7 * kDay,
       .field = &Config::max_retry_interval,
       .help = "The doubling of pauses stops here."},
      {.name = "engine.request_timeout",
       .type = KeyType::kDuration,
       .default_value = "3s",
       .min = kMillisecond,
       .max = kDay,
       .field = &Config::request_timeout,
       .help = "A branch call without an answer after this has an unknown outcome."},
      {.name = "engine.runners",
       .type = KeyType::kCount,
       .unit = "threads",
       .default_value = "1",
       .min = 1,
       .max = 64,
       .field = &Config::runners,
       .help = "Threads that step transactions. One does tens of thousands a second."},
      {.name = "engine.max_live_transactions",
       .type = KeyType::kCount,
       .unit = "transactions",
       .default_value = "100000",
       .min = 1,
       .max = 10'000'000,
       .field = &Config::max_live_transactions,
       .help = "Open transactions held in memory; the rest stay in the store until they are due."},
      {.name = "engine.max_batch_writes",
       .type = KeyType::kCount,
       .unit = "transactions",
       .default_value = "512",
       .min = 1,
       .max = 100'000,
       .field = &Config::max_batch_writes,
       .help = "Transactions written by one commit of the store."},
      {.name = "engine.commit_delay",
       .type = KeyType::kDuration,
       .default_value = "200us",
       .min = 0,
       .max = 10 * kMillisecond,
       .field = &Config::commit_delay,
       .help = "Under load a commit waits this long for more transactions; 0: never."},
  };
}

std::vector<ConfigKey> LaneKeys() {
  return {
      {.name = "lane.in_flight",
       .type = KeyType::kCount,
       .unit = "calls",
       .default_value = "256",
       .min = 1,
       .max = 100'000,
       .field = &Config::lane_in_flight,
       .help = "Branch calls out at one destination at the same time."},
      {.name = "lane.queue",
       .type = KeyType::kCount,
       .unit = "calls",
       .default_value = "100000",
       .min = 1,
       .max = 10'000'000,
       .field = &Config::lane_queue,
       .help = "Branch calls that wait for one destination."},
      {.name = "lane.rate",
       .type = KeyType::kCount,
       .unit = "calls per second",
       .default_value = "0",
       .min = 0,
       .max = 1'000'000,
       .field = &Config::lane_rate,
       .help = "Branch calls started at one destination, in bursts of up to a tenth of a second; "
               "0: no limit."},
  };
}

std::vector<ConfigKey> BreakerKeys() {
  return {
      {.name = "lane.breaker.min_calls",
       .type = KeyType::kCount,
       .unit = "calls",
       .default_value = "20",
       .min = 0,
       .max = 100'000,
       .field = &Config::breaker_min_calls,
       .help = "A destination's breaker looks at its failures only when this many calls ended "
               "within the window; 0: there is no breaker."},
      {.name = "lane.breaker.failure_percent",
       .type = KeyType::kCount,
       .unit = "percent",
       .default_value = "50",
       .min = 1,
       .max = 100,
       .field = &Config::breaker_failure_percent,
       .help = "It opens when this share of them reached nobody, was not answered in time, or was "
               "too slow. What a participant answers is no failure."},
      {.name = "lane.breaker.window",
       .type = KeyType::kDuration,
       .default_value = "10s",
       .min = 100 * kMillisecond,
       .max = kHour,
       .field = &Config::breaker_window,
       .help = "Calls that ended longer ago than this are forgotten."},
      {.name = "lane.breaker.slow_call",
       .type = KeyType::kDuration,
       .default_value = "0s",
       .min = 0,
       .max = kDay,
       .field = &Config::breaker_slow_call,
       .help = "A call that took longer than this counts as failed; 0s: none does."},
      {.name = "lane.breaker.open_for",
       .type = KeyType::kDuration,
       .default_value = "2s",
       .min = 10 * kMillisecond,
       .max = kHour,
       .field = &Config::breaker_open_for,
       .help = "How long an open breaker lets nothing through; then one call goes as a probe, and "
               "if it fails the time doubles."},
      {.name = "lane.breaker.max_open_for",
       .type = KeyType::kDuration,
       .default_value = "30s",
       .min = 10 * kMillisecond,
       .max = kDay,
       .field = &Config::breaker_max_open_for,
       .help = "The doubling stops here."},
  };
}

std::vector<ConfigKey> DoorKeys() {
  return {
      {.name = "http.max_connections",
       .type = KeyType::kCount,
       .unit = "connections",
       .default_value = "1024",
       .min = 1,
       .max = 100'000,
       .field = &Config::http_max_connections,
       .help = "Connections open at the HTTP door; more are answered 503 and closed."},
  };
}

std::vector<ConfigKey> LimitKeys() {
  return {
      {.name = "limit.steps",
       .type = KeyType::kCount,
       .unit = "steps",
       .default_value = "1000",
       .min = 1,
       .max = core::kLargestSteps,
       .field = &Config::limit_steps,
       .help = "Steps of one submission, receivers of one message, branches of one TCC or XA."},
      {.name = "limit.payload_bytes",
       .type = KeyType::kCount,
       .unit = "bytes",
       .default_value = "1048576",
       .min = 1024,
       .max = core::kLargestRequest,
       .field = &Config::limit_payload_bytes,
       .help = "Payload of one step or branch."},
      {.name = "limit.request_bytes",
       .type = KeyType::kCount,
       .unit = "bytes",
       .default_value = "4194304",
       .min = 4096,
       .max = core::kLargestRequest,
       .field = &Config::limit_request_bytes,
       .help = "One request, everything in it together."},
      {.name = "limit.custom_data_bytes",
       .type = KeyType::kCount,
       .unit = "bytes",
       .default_value = "262144",
       .min = 1024,
       .max = core::kLargestRequest,
       .field = &Config::limit_custom_data_bytes,
       .help = "custom_data of one request."},
      {.name = "limit.result_bytes",
       .type = KeyType::kCount,
       .unit = "bytes",
       .default_value = "1048576",
       .min = 1024,
       .max = core::kLargestRequest,
       .field = &Config::limit_result_bytes,
       .help = "What a workflow returned, in base64."},
      {.name = "limit.reason_bytes",
       .type = KeyType::kCount,
       .unit = "bytes",
       .default_value = "4096",
       .min = 256,
       .max = core::kLargestReason,
       .field = &Config::limit_reason_bytes,
       .help = "rollback_reason; longer ones are cut."},
      {.name = "limit.error_bytes",
       .type = KeyType::kCount,
       .unit = "bytes",
       .default_value = "1024",
       .min = 256,
       .max = core::kLargestReason,
       .field = &Config::limit_error_bytes,
       .help = "Text kept of a branch's last useless answer; longer ones are cut."},
  };
}

std::vector<ConfigKey> AlertKeys() {
  return {
      {.name = "alert.webhook",
       .type = KeyType::kUrl,
       .default_value = "",
       .field = &Config::alert_webhook,
       .help = "Where alerts about branches that keep failing are posted; empty: nowhere."},
      {.name = "alert.retry_limit",
       .type = KeyType::kCount,
       .unit = "answers",
       .default_value = "3",
       .min = 1,
       .max = 1'000'000,
       .field = &Config::alert_retry_limit,
       .help = "A branch's useless answers in a row before the first alert; every further one "
               "brings another."},
  };
}

std::vector<ConfigKey> DeadLetterKeys() {
  return {
      {.name = "dead_letter.attempts",
       .type = KeyType::kCount,
       .unit = "calls",
       .default_value = "0",
       .min = 0,
       .max = 1'000'000,
       .field = &Config::dead_letter_attempts,
       .help = "Useless calls of one branch op until it is a dead letter, at participants that did "
               "not register; 0: it is called for ever, as DTM does."},
      {.name = "dead_letter.registered_attempts",
       .type = KeyType::kCount,
       .unit = "calls",
       .default_value = "20",
       .min = 0,
       .max = 1'000'000,
       .field = &Config::dead_letter_registered_attempts,
       .help = "The same at participants that registered and named no limit of their own."},
      {.name = "fallback.after_unknown",
       .type = KeyType::kCount,
       .unit = "calls",
       .default_value = "2",
       .min = 1,
       .max = 1'000'000,
       .field = &Config::fallback_after_unknown,
       .help = "Unknown outcomes of one branch op in a row after which it goes over Kafka. An open "
               "breaker sends it there at once."},
      {.name = "fallback.reply_timeout",
       .type = KeyType::kDuration,
       .default_value = "30s",
       .min = kSecond,
       .max = kHour,
       .field = &Config::fallback_reply_timeout,
       .help = "How long the reply to a command over Kafka is awaited before the branch is tried "
               "again."},
  };
}

std::vector<ConfigKey> KafkaKeys() {
  return {
      {.name = "kafka.brokers",
       .type = KeyType::kText,
       .default_value = "",
       .field = &Config::kafka_brokers,
       .help = "Brokers to begin with, host:port,host:port; empty: no Kafka, no fallback."},
      {.name = "kafka.properties",
       .type = KeyType::kPath,
       .default_value = "",
       .field = &Config::kafka_properties,
       .help = "File of librdkafka settings, name=value lines: security, certificates, tuning."},
      {.name = "kafka.group",
       .type = KeyType::kText,
       .default_value = "sagad",
       .field = &Config::kafka_group,
       .help = "Consumer group in which replies are taken."},
      {.name = "kafka.source",
       .type = KeyType::kText,
       .default_value = "/sagad",
       .field = &Config::kafka_source,
       .help = "ce_source of what is published: which installation this is."},
      {.name = "kafka.reply_topic",
       .type = KeyType::kText,
       .default_value = "saga.reply",
       .field = &Config::kafka_reply_topic,
       .help = "Where participants reply to commands."},
      {.name = "kafka.dead_letter_topic",
       .type = KeyType::kText,
       .default_value = "saga.dlq",
       .field = &Config::kafka_dead_letter_topic,
       .help = "Where copies of dead letters go; empty: nowhere."},
      {.name = "kafka.event_topic",
       .type = KeyType::kText,
       .default_value = "",
       .field = &Config::kafka_event_topic,
       .help = "Where the outcome of every transaction is told, saga.events for example; empty: "
               "nowhere."},
      {.name = "kafka.topics",
       .type = KeyType::kChoice,
       .default_value = "create",
       .choices = "create|check|trust",
       .field = &Config::kafka_topics,
       .help = "What is done about topics at start: made when missing; only looked at; nothing."},
      {.name = "kafka.partitions",
       .type = KeyType::kCount,
       .unit = "partitions",
       .default_value = "8",
       .min = 1,
       .max = 10'000,
       .field = &Config::kafka_partitions,
       .help = "Of a topic that is made."},
      {.name = "kafka.replication",
       .type = KeyType::kCount,
       .unit = "replicas",
       .default_value = "0",
       .min = 0,
       .max = 100,
       .field = &Config::kafka_replication,
       .help = "Of a topic that is made, and the fewest a topic may have; 0: the broker's default, "
               "and any number."},
      {.name = "kafka.retention",
       .type = KeyType::kDuration,
       .default_value = "7d",
       .min = kHour,
       .max = 36500 * kDay,
       .field = &Config::kafka_retention,
       .help = "How long a topic that is made keeps messages, and the shortest a topic may."},
  };
}

std::vector<ConfigKey> AllKeys() {
  std::vector<ConfigKey> all;
  for (const auto& part :
       {StoreKeys(), NodeKeys(), ServerKeys(), LogKeys(), EngineKeys(), LaneKeys(), BreakerKeys(),
        DoorKeys(), LimitKeys(), AlertKeys(), DeadLetterKeys(), KafkaKeys()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::string DurationRange(int64_t micros) { return FormatDuration(base::Micros(micros)); }

}  // namespace

const std::vector<ConfigKey>& ConfigKeys() {
  static const std::vector<ConfigKey> keys = AllKeys();
  return keys;
}

const ConfigKey* FindConfigKey(absl::string_view name) {
  const std::vector<ConfigKey>& keys = ConfigKeys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const ConfigKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::string EnvName(const ConfigKey& key) {
  return absl::StrCat("SAGAD_", absl::AsciiStrToUpper(absl::StrReplaceAll(key.name, {{".", "_"}})));
}

std::string FlagName(const ConfigKey& key) {
  return absl::StrReplaceAll(key.name, {{".", "-"}, {"_", "-"}});
}

std::string TypeText(const ConfigKey& key) {
  switch (key.type) {
    case KeyType::kPath:
      return "path";
    case KeyType::kText:
      return "text";
    case KeyType::kChoice:
      return absl::StrCat("one of ", absl::StrReplaceAll(key.choices, {{"|", ", "}}));
    case KeyType::kStore:
      return "sqlite, memory or mysql://...";
    case KeyType::kAddress:
      return "host:port";
    case KeyType::kUrl:
      return "URL";
    case KeyType::kDuration:
      return "duration";
    case KeyType::kCount:
      return "whole number";
  }
  SAGA_CHECK(false);
}

std::string RangeText(const ConfigKey& key) {
  switch (key.type) {
    case KeyType::kPath:
    case KeyType::kText:
    case KeyType::kChoice:
    case KeyType::kStore:
    case KeyType::kAddress:
    case KeyType::kUrl:
      return "";
    case KeyType::kDuration:
      return absl::StrCat(DurationRange(key.min), " to ", DurationRange(key.max));
    case KeyType::kCount:
      return absl::StrCat(key.min, " to ", key.max);
  }
  SAGA_CHECK(false);
}

}  // namespace saga::app
