#include "orchestrator/app/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "orchestrator/app/suggest.h"
#include "orchestrator/base/ascii.h"
#include "orchestrator/base/check.h"

namespace saga::app {
namespace {

std::string DidYouMean(const std::string& suggestion) {
  return suggestion.empty() ? "" : absl::StrCat("; did you mean ", suggestion, "?");
}

// Gathers settings from one source after the other; what comes later wins.
class Loader {
 public:
  explicit Loader(LoadedConfig* out) : out_(out) {
    for (const ConfigKey& key : ConfigKeys()) {
      out_->settings.push_back({.key = &key, .text = key.default_value});
      key_names_.push_back(key.name);
    }
  }

  void ReadFile(const std::string& file, const std::string& text) {
    file_ = file;
    try {
      const YAML::Node root = YAML::Load(text);
      if (root.IsNull()) return;
      if (root.IsMap()) {
        ReadSection(root, "");
      } else {
        Problem(Place(root), "the file must hold key: value lines");
      }
    } catch (const YAML::Exception& error) {
      Problem(error.mark.is_null() ? file_ : absl::StrCat(file_, ":", error.mark.line + 1),
              absl::StrCat("not YAML: ", error.msg));
    }
  }

  void ReadEnvironment(const std::map<std::string, std::string>& environment) {
    std::vector<std::string> known;
    for (const ConfigKey& key : ConfigKeys()) known.push_back(EnvName(key));
    for (const auto& [name, value] : environment) {
      if (!absl::StartsWith(name, "SAGAD_") || name == kConfigFileVariable ||
          name == kCrashPointVariable || name == kStorePasswordVariable)
        continue;
      const auto found = std::find(known.begin(), known.end(), name);
      if (found == known.end()) {
        Problem("environment",
                absl::StrCat("unknown variable ", name, DidYouMean(ClosestName(name, known))));
      } else {
        Set(static_cast<size_t>(found - known.begin()), value, Origin::kEnvironment, name);
      }
    }
  }

  void ReadFlags(const std::vector<std::pair<std::string, std::string>>& flags) {
    std::vector<std::string> known;
    for (const ConfigKey& key : ConfigKeys()) known.push_back(FlagName(key));
    std::set<std::string> seen;
    for (const auto& [name, value] : flags) {
      const auto found = std::find(known.begin(), known.end(), name);
      const std::string flag = absl::StrCat("--", name);
      if (found == known.end()) {
        const std::string closest = ClosestName(name, known);
        Problem("flags", absl::StrCat("unknown flag ", flag,
                                      DidYouMean(closest.empty() ? "" : "--" + closest)));
      } else if (!seen.insert(name).second) {
        Problem(flag, "given twice");
      } else {
        Set(static_cast<size_t>(found - known.begin()), value, Origin::kFlag, flag);
      }
    }
  }

  void Finish() {
    for (Setting& setting : out_->settings) Store(setting);
    if (out_->problems.empty()) CrossCheck();
    if (out_->problems.empty()) Warn();
  }

 private:
  void Problem(const std::string& where, const std::string& what) {
    out_->problems.push_back(absl::StrCat(where, ": ", what));
  }

  std::string Place(const YAML::Node& node) const {
    return node.Mark().is_null() ? file_ : absl::StrCat(file_, ":", node.Mark().line + 1);
  }

  bool IsSection(const std::string& name) const {
    return std::any_of(key_names_.begin(), key_names_.end(),
                       [&](const std::string& key) { return absl::StartsWith(key, name + "."); });
  }

  void ReadSection(const YAML::Node& section, const std::string& prefix) {
    for (const auto& entry : section) {
      if (!entry.first.IsScalar()) {
        Problem(Place(entry.first), "a key must be a word");
        continue;
      }
      const std::string name =
          absl::StrCat(prefix, prefix.empty() ? "" : ".", entry.first.Scalar());
      ReadEntry(name, Place(entry.first), entry.second);
    }
  }

  void ReadEntry(const std::string& name, const std::string& place, const YAML::Node& value) {
    const auto found = std::find(key_names_.begin(), key_names_.end(), name);
    if (found != key_names_.end()) {
      if (!value.IsScalar()) {
        Problem(place, absl::StrCat(name, value.IsNull() ? " has no value" : " takes one value"));
      } else if (!file_seen_.insert(name).second) {
        Problem(place, absl::StrCat(name, " is given twice"));
      } else {
        Set(static_cast<size_t>(found - key_names_.begin()), value.Scalar(), Origin::kFile, place);
      }
    } else if (!IsSection(name)) {
      if (value.IsMap() && value.size() > 0 && !LooksLikeKey(name)) {
        ReadSection(value, name);  // every key inside is reported by its full name
      } else {
        Problem(place,
                absl::StrCat("unknown key ", name, DidYouMean(ClosestName(name, key_names_))));
      }
    } else if (value.IsMap()) {
      ReadSection(value, name);
    } else if (!value.IsNull()) {
      Problem(place, absl::StrCat(name, " is a section: its keys stand below it, indented"));
    }
  }

  bool LooksLikeKey(const std::string& name) const {
    return !ClosestName(name, key_names_).empty();
  }

  void Set(size_t index, const std::string& text, Origin origin, const std::string& where) {
    Setting& setting = out_->settings[index];
    setting.text = text;
    setting.origin = origin;
    setting.where = where;
  }

  void Refuse(const Setting& setting, const std::string& allowed) {
    Problem(setting.where.empty() ? "default" : setting.where,
            absl::StrCat(setting.key->name, ": \"", absl::Utf8SafeCEscape(setting.text),
                         "\" is not allowed: ", allowed));
  }

  // Moves a setting's text into its typed field, and leaves the normal form of it behind as text.
  void Store(Setting& setting) {
    const ConfigKey& key = *setting.key;
    switch (key.type) {
      case KeyType::kPath:
        out_->config.*std::get<std::string Config::*>(key.field) = setting.text;
        if (setting.text.empty() && !key.default_value.empty())
          Refuse(setting, "it must name a path");
        return;
      case KeyType::kText:
        if (!base::IsPrintableAscii(setting.text)) Refuse(setting, "printable ASCII characters");
        out_->config.*std::get<std::string Config::*>(key.field) = setting.text;
        return;
      case KeyType::kChoice: {
        const std::vector<std::string> choices = absl::StrSplit(key.choices, '|');
        if (std::find(choices.begin(), choices.end(), setting.text) == choices.end())
          Refuse(setting, TypeText(key));
        out_->config.*std::get<std::string Config::*>(key.field) = setting.text;
        return;
      }
      case KeyType::kStore: {
        std::string why;
        if (!IsStore(setting.text, &why)) Refuse(setting, why);
        out_->config.*std::get<std::string Config::*>(key.field) = setting.text;
        return;
      }
      case KeyType::kAddress: {
        std::string host;
        int port = 0;
        if (!ParseAddress(setting.text, &host, &port))
          Refuse(setting, "host:port, the port 0 to 65535");
        out_->config.*std::get<std::string Config::*>(key.field) = setting.text;
        return;
      }
      case KeyType::kUrl:
        if (!setting.text.empty() && !IsHttpUrl(setting.text))
          Refuse(setting, "a URL such as http://127.0.0.1:9093/alerts, or nothing");
        out_->config.*std::get<std::string Config::*>(key.field) = setting.text;
        return;
      case KeyType::kDuration: {
        base::Duration duration;
        if (!ParseDuration(setting.text, &duration)) {
          Refuse(setting, "a duration such as 10s, 500ms, 2m or 1h, or plain seconds");
        } else if (duration.micros < key.min || duration.micros > key.max) {
          Refuse(setting, RangeText(key));
        } else {
          setting.text = FormatDuration(duration);
        }
        out_->config.*std::get<base::Duration Config::*>(key.field) = duration;
        return;
      }
      case KeyType::kCount: {
        int64_t number = 0;
        const bool is_number = absl::SimpleAtoi(setting.text, &number);
        if (!is_number || number < key.min || number > key.max) {
          Refuse(setting, absl::StrCat("a whole number, ", RangeText(key)));
        }
        out_->config.*std::get<int64_t Config::*>(key.field) = number;
        return;
      }
    }
    SAGA_CHECK(false);
  }

  // For example "engine.request_timeout (3s, default)".
  std::string Named(absl::string_view name) const {
    for (const Setting& setting : out_->settings) {
      if (setting.key->name != name) continue;
      return absl::StrCat(name, " (", setting.text, ", ",
                          setting.where.empty() ? "default" : setting.where, ")");
    }
    SAGA_CHECK(false);
  }

  int64_t Number(absl::string_view name) const {
    return out_->config.*std::get<int64_t Config::*>(FindConfigKey(name)->field);
  }

  // Timeouts that depend on each other must stand in order (business.md pain 31), and what is part
  // of a request must fit into one.
  void CrossCheck() {
    const Config& config = out_->config;
    if (config.request_timeout >= config.retry_interval) {
      Problem("configuration",
              absl::StrCat(Named("engine.request_timeout"), " must be shorter than ",
                           Named("engine.retry_interval"),
                           ": a call is repeated only after the call before has ended"));
    }
    if (config.retry_interval > config.timeout_to_fail) {
      Problem("configuration",
              absl::StrCat(Named("engine.retry_interval"), " must not be longer than ",
                           Named("engine.timeout_to_fail"),
                           ": a transaction would be given up before its first retry"));
    }
    if (config.max_retry_interval < config.retry_interval) {
      Problem("configuration",
              absl::StrCat(Named("engine.max_retry_interval"), " must not be shorter than ",
                           Named("engine.retry_interval")));
    }
    const bool kafka = !config.kafka_brokers.empty();
    if (kafka && config.fallback_reply_timeout <= config.request_timeout) {
      Problem("configuration",
              absl::StrCat(Named("fallback.reply_timeout"), " must be longer than ",
                           Named("engine.request_timeout"),
                           ": a reply over Kafka takes at least as long as an answer"));
    }
    if (config.breaker_max_open_for < config.breaker_open_for) {
      Problem("configuration",
              absl::StrCat(Named("lane.breaker.max_open_for"), " must not be shorter than ",
                           Named("lane.breaker.open_for")));
    }
    for (const char* part :
         {"limit.payload_bytes", "limit.custom_data_bytes", "limit.result_bytes"}) {
      if (Number(part) <= config.limit_request_bytes) continue;
      Problem("configuration",
              absl::StrCat(Named(part), " must not be larger than ", Named("limit.request_bytes"),
                           ": no request could carry it"));
    }
    const bool same_port =
        config.grpc_listen == config.http_listen && !absl::EndsWith(config.grpc_listen, ":0");
    if (same_port) {
      Problem("configuration",
              absl::StrCat(Named("grpc_listen"), " and ", Named("http_listen"), " are the same"));
    }
  }

  void Warn() {
    for (const char* name : {"grpc_listen", "http_listen"}) {
      std::string host;
      int port = 0;
      const std::string& address =
          out_->config.*std::get<std::string Config::*>(FindConfigKey(name)->field);
      if (ParseAddress(address, &host, &port) && !IsLoopback(host)) {
        out_->warnings.push_back(
            absl::StrCat(name, " ", address, " can be reached from other machines, and sagad has ",
                         "no authentication: let only trusted networks reach it"));
      }
    }
    const Config& config = out_->config;
    if (config.breaker_slow_call.micros > 0 && config.breaker_slow_call >= config.request_timeout) {
      out_->warnings.push_back(absl::StrCat(
          Named("lane.breaker.slow_call"), " is not shorter than ", Named("engine.request_timeout"),
          ": only calls of transactions with a longer timeout of their own can be that slow"));
    }
    if (out_->config.store == "memory") {
      out_->warnings.push_back("store memory: every transaction is lost when this process ends");
    }
  }

  LoadedConfig* out_;
  std::vector<std::string> key_names_;
  std::string file_;
  std::set<std::string> file_seen_;
};

}  // namespace

LoadedConfig LoadConfig(const ConfigSources& sources) {
  LoadedConfig loaded;
  Loader loader(&loaded);
  if (!sources.file_name.empty()) loader.ReadFile(sources.file_name, sources.file_text);
  loader.ReadEnvironment(sources.environment);
  loader.ReadFlags(sources.flags);
  loader.Finish();
  return loaded;
}

}  // namespace saga::app
