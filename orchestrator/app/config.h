#pragma once

// The configuration of sagad. One table of keys (ConfigKeys) drives everything about them: the YAML
// file, the environment, the flags, --help, `sagad config` and doc/config.md.
//
// Precedence: flag, environment, file, default. Strict: a name that is not in the table, a value of
// the wrong type or out of range, and values that contradict each other are problems, and with a
// problem sagad does not start (business.md pain 2 and 31: settings that were ignored without a
// word, timeouts in the wrong order). All problems are told at once.
//
// Thread safety: none needed; read once at start.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "orchestrator/base/time.h"

namespace saga::app {

// The values a server runs with. What each means stands in the table (config_keys.cc).
struct Config {
  std::string data_dir;
  std::string store;
  std::string store_password_file;
  std::string store_tls;
  std::string store_tls_ca;
  std::string store_tls_cert;
  std::string store_tls_key;
  std::string store_time_zone;
  std::string store_migrate;
  std::string node_name;
  std::string node_address;
  base::Duration node_lease;
  base::Duration store_retention;
  std::string grpc_listen;
  std::string http_listen;
  std::string definitions;
  std::string log_level;
  std::string log_format;
  base::Duration timeout_to_fail;
  base::Duration retry_interval;
  base::Duration max_retry_interval;
  base::Duration request_timeout;
  int64_t runners = 0;
  int64_t max_live_transactions = 0;
  int64_t max_batch_writes = 0;
  base::Duration commit_delay;
  int64_t lane_in_flight = 0;
  int64_t lane_queue = 0;
  int64_t lane_rate = 0;
  int64_t breaker_min_calls = 0;
  int64_t breaker_failure_percent = 0;
  base::Duration breaker_window;
  base::Duration breaker_slow_call;
  base::Duration breaker_open_for;
  base::Duration breaker_max_open_for;
  base::Duration drain_timeout;
  int64_t http_max_connections = 0;
  int64_t limit_steps = 0;
  int64_t limit_payload_bytes = 0;
  int64_t limit_request_bytes = 0;
  int64_t limit_custom_data_bytes = 0;
  int64_t limit_result_bytes = 0;
  int64_t limit_reason_bytes = 0;
  int64_t limit_error_bytes = 0;
  std::string alert_webhook;
  int64_t alert_retry_limit = 0;
  int64_t dead_letter_attempts = 0;
  int64_t dead_letter_registered_attempts = 0;
  int64_t fallback_after_unknown = 0;
  base::Duration fallback_reply_timeout;
  std::string kafka_brokers;
  std::string kafka_properties;
  std::string kafka_group;
  std::string kafka_source;
  std::string kafka_reply_topic;
  std::string kafka_dead_letter_topic;
  std::string kafka_event_topic;
  std::string kafka_topics;
  int64_t kafka_partitions = 0;
  int64_t kafka_replication = 0;
  base::Duration kafka_retention;
};

// What a key's value looks like.
enum class KeyType : uint8_t {
  kPath,      // a file or directory name
  kText,      // printable characters; may be empty
  kChoice,    // one of a few words
  kStore,     // sqlite, memory, or mysql://USER@HOST:PORT/DATABASE
  kAddress,   // host:port; port 0 takes a free one
  kUrl,       // http://... or https://...; empty: none
  kDuration,  // 10s, 500ms, 2m, 1h, or plain seconds
  kCount,     // a whole number
};

struct ConfigKey {
  std::string name;  // "engine.retry_interval": in the file, retry_interval under engine
  KeyType type = KeyType::kPath;
  std::string unit;  // for people; empty: none
  std::string default_value;
  // kDuration: microseconds; kCount: as is. Both inclusive.
  int64_t min = 0;
  int64_t max = 0;
  std::string choices;  // kChoice: "a|b"
  std::variant<std::string Config::*, base::Duration Config::*, int64_t Config::*> field;
  std::string help;  // one line
};

// Every key, in the order people read them.
const std::vector<ConfigKey>& ConfigKeys();
const ConfigKey* FindConfigKey(absl::string_view name);

// "SAGAD_ENGINE_RETRY_INTERVAL"
std::string EnvName(const ConfigKey& key);
// "engine-retry-interval", given as --engine-retry-interval
std::string FlagName(const ConfigKey& key);
// "duration", "one of sqlite|memory", ...
std::string TypeText(const ConfigKey& key);
// "100ms to 24h"; empty when any value of the type is allowed
std::string RangeText(const ConfigKey& key);

enum class Origin : uint8_t { kDefault, kFile, kEnvironment, kFlag };

// A key's value as given, and where it came from.
struct Setting {
  const ConfigKey* key = nullptr;
  std::string text;
  Origin origin = Origin::kDefault;
  std::string where;  // "sagad.yaml:12", "SAGAD_STORE", "--store"; empty for a default
};

// Everything a configuration is made of, as raw text.
struct ConfigSources {
  std::string file_name;  // for messages; empty: no file
  std::string file_text;
  std::map<std::string, std::string> environment;  // all of it; only SAGAD_* is looked at
  std::vector<std::pair<std::string, std::string>>
      flags;  // name without dashes, value; in the order given
};

struct LoadedConfig {
  Config config;
  std::vector<Setting> settings;      // one per key, in the table's order
  std::vector<std::string> problems;  // not empty: `config` must not be used
  std::vector<std::string> warnings;
};

[[nodiscard]] LoadedConfig LoadConfig(const ConfigSources& sources);

// Environment variables of that prefix which are not keys (doc/config.md).
inline constexpr char kConfigFileVariable[] = "SAGAD_CONFIG";
inline constexpr char kCrashPointVariable[] = "SAGAD_CRASH_POINT";
// The password of store mysql://, in the environment rather than in a file. Not a key, so that
// nothing that prints the configuration can print it.
inline constexpr char kStorePasswordVariable[] = "SAGAD_STORE_PASSWORD";

// "10s", "1500ms": the shortest form that ParseDuration reads back to the same value.
std::string FormatDuration(base::Duration duration);
// False when the text is not a duration of KeyType::kDuration's form.
[[nodiscard]] bool ParseDuration(absl::string_view text, base::Duration* duration);

// Splits "host:port" ("[::1]:80" too). False when it is not that.
[[nodiscard]] bool ParseAddress(absl::string_view text, std::string* host, int* port);
// Whether the text is a URL of KeyType::kUrl's form; the empty one is not.
bool IsHttpUrl(absl::string_view text);
// Whether the text is a store of KeyType::kStore's form; if not, `*why` says what is wrong.
bool IsStore(absl::string_view text, std::string* why);
// Whether a store of that form is a database that several nodes share.
bool IsSharedStore(absl::string_view text);
// Whether only this machine can reach the address.
bool IsLoopback(absl::string_view host);

}  // namespace saga::app
