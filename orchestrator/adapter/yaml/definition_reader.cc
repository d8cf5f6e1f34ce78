#include "orchestrator/adapter/yaml/definition_reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/yaml/closest.h"
#include "orchestrator/adapter/yaml/payload_reader.h"

namespace saga::adapter {

namespace {

constexpr char kNothingToUndo[] = "none";

enum Group : size_t { kDefinitionGroup, kKeyGroup, kOptionsGroup, kStepGroup, kRetryGroup };

std::string Join(const std::string& path, const std::string& name) {
  return path.empty() ? name : absl::StrCat(path, ".", name);
}

class DefinitionReader {
 public:
  DefinitionReader(const Environment& environment, ProblemList& problems)
      : environment_(environment), problems_(problems) {}

  std::optional<core::SagaDefinition> Read(const YAML::Node& document) {
    problems_.Place("", 1);
    if (!CheckKeys(document, "", kDefinitionGroup)) return std::nullopt;
    core::SagaDefinition definition;
    definition_ = &definition;
    ReadHead(document);
    ReadKey(document["key"]);
    ReadOptions(document["options"]);
    ReadStrings(document["protos"], "protos", definition.protos);
    if (!mode_known_) return std::nullopt;
    ReadSteps(document["steps"]);
    std::vector<core::DefinitionProblem> found = core::Validate(definition);
    // What could not be read looks to Validate as if it were not there.
    std::erase_if(
        found, [&](const core::DefinitionProblem& problem) { return problems_.Has(problem.path); });
    for (const core::DefinitionProblem& problem : found) problems_.Add(problem.path, problem.text);
    if (!problems_.empty()) return std::nullopt;
    return definition;
  }

 private:
  // A map with known keys only, each once. Places every key's line.
  bool CheckKeys(const YAML::Node& node, const std::string& path, Group group) {
    const KeyGroup& keys = DefinitionKeys()[group];
    if (!node.IsMap()) {
      problems_.Add(path, absl::StrCat("a map with the keys ", absl::StrJoin(keys.allowed, ", "),
                                       " is expected"));
      return false;
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const int line = entry.first.Mark().line + 1;
      const std::string place = Join(path, name);
      if (std::find(keys.allowed.begin(), keys.allowed.end(), name) == keys.allowed.end()) {
        problems_.AddAt(line, place,
                        absl::StrCat("unknown key '", name, "'", Suggestion(name, keys.allowed),
                                     "; allowed here: ", absl::StrJoin(keys.allowed, ", ")));
      } else if (!seen.insert(name).second) {
        problems_.AddAt(line, place, "given twice");
      } else {
        problems_.Place(place, line);
      }
    }
    for (const std::string& name : keys.required) {
      if (!seen.contains(name)) problems_.Add(Join(path, name), "missing");
    }
    return true;
  }

  bool Wrong(const std::string& path, const std::string& expected, const YAML::Node& node) {
    const std::string got = node.IsMap()        ? "a map"
                            : node.IsSequence() ? "a list"
                            : node.IsNull()     ? "nothing"
                                                : absl::StrCat("'", node.Scalar(), "'");
    const bool quotable = node.IsScalar() && expected == "a string";
    problems_.Add(path, absl::StrCat(expected, " is expected, not ", got,
                                     quotable ? "; put it in quotes" : ""));
    return false;
  }

  bool ReadString(const YAML::Node& node, const std::string& path, std::string& value) {
    if (!node.IsDefined()) return false;
    if (!node.IsScalar() || KindOf(node) != ScalarKind::kString)
      return Wrong(path, "a string", node);
    value = node.Scalar();
    return true;
  }

  template <typename Number>
  void ReadNumber(const YAML::Node& node, const std::string& path, Number& value) {
    if (!node.IsDefined()) return;
    const bool number = node.IsScalar() && KindOf(node) == ScalarKind::kNumber;
    if (!number || !absl::SimpleAtoi(node.Scalar(), &value)) Wrong(path, "a whole number", node);
  }

  void ReadFraction(const YAML::Node& node, const std::string& path, double& value) {
    if (!node.IsDefined()) return;
    const bool number = node.IsScalar() && KindOf(node) == ScalarKind::kNumber;
    if (!number || !absl::SimpleAtod(node.Scalar(), &value)) Wrong(path, "a number", node);
  }

  void ReadDuration(const YAML::Node& node, const std::string& path, base::Duration& value) {
    if (!node.IsDefined()) return;
    absl::Duration duration;
    if (!node.IsScalar() || !absl::ParseDuration(node.Scalar(), &duration) ||
        duration == absl::InfiniteDuration() || duration == -absl::InfiniteDuration()) {
      Wrong(path, "a duration with its unit, such as 500ms, 2s or 1m,", node);
      return;
    }
    value = base::Micros(absl::ToInt64Microseconds(duration));
  }

  void ReadBool(const YAML::Node& node, const std::string& path, bool& value) {
    if (!node.IsDefined()) return;
    if (!node.IsScalar() || KindOf(node) != ScalarKind::kBool) {
      Wrong(path, "true or false", node);
      return;
    }
    value = node.Scalar().front() == 't' || node.Scalar().front() == 'T';
  }

  void ReadStrings(const YAML::Node& node, const std::string& path,
                   std::vector<std::string>& values) {
    if (!node.IsDefined()) return;
    if (!node.IsSequence()) {
      Wrong(path, "a list of strings", node);
      return;
    }
    for (size_t i = 0; i < node.size(); ++i) {
      const std::string place = absl::StrCat(path, "[", i, "]");
      problems_.Place(place, node[i].Mark().line + 1);
      std::string value;
      if (ReadString(node[i], place, value)) values.push_back(std::move(value));
    }
  }

  void ReadHead(const YAML::Node& document) {
    ReadString(document["name"], "name", definition_->name);
    ReadNumber(document["version"], "version", definition_->version);
    ReadString(document["description"], "description", definition_->description);
    ReadBool(document["concurrent"], "concurrent", definition_->concurrent);

    std::string mode;
    mode_known_ = true;
    if (ReadString(document["mode"], "mode", mode)) ReadMode(mode);
    std::string protocol;
    if (!ReadString(document["protocol"], "protocol", protocol)) return;
    if (protocol == "http") {
      definition_->protocol = core::Protocol::kHttp;
    } else if (protocol != "grpc") {
      problems_.Add("protocol", absl::StrCat("'", protocol, "' is no protocol; grpc and http are"));
    }
  }

  void ReadMode(const std::string& mode) {
    if (mode == "tcc") {
      definition_->mode = core::Mode::kTcc;
    } else if (mode == "message") {
      definition_->mode = core::Mode::kMessage;
    } else if (mode != "saga") {
      // What the steps have to look like hangs on the mode: going on would only make noise.
      mode_known_ = false;
      problems_.Add("mode", absl::StrCat("'", mode, "' is no mode; saga, tcc and message are"));
    }
  }

  void ReadKey(const YAML::Node& node) {
    if (!node.IsDefined() || !CheckKeys(node, "key", kKeyGroup)) return;
    core::KeyDefinition& key = definition_->key.emplace();
    ReadString(node["prefix"], "key.prefix", key.prefix);
    std::vector<std::string> fields;
    ReadStrings(node["fields"], "key.fields", fields);
    for (size_t i = 0; i < fields.size(); ++i) {
      absl::StatusOr<std::vector<std::string>> place = ParseInputPath(fields[i]);
      if (!place.ok()) {
        problems_.Add(absl::StrCat("key.fields[", i, "]"), std::string(place.status().message()));
      } else if (place->empty()) {
        problems_.Add(absl::StrCat("key.fields[", i, "]"),
                      "the whole input is no key; name a field of it");
      }
      key.fields.push_back(place.ok() ? *std::move(place) : std::vector<std::string>());
    }
  }

  void ReadOptions(const YAML::Node& node) {
    if (!node.IsDefined() || !CheckKeys(node, "options", kOptionsGroup)) return;
    core::Options& options = definition_->options;
    ReadNumber(node["timeout_to_fail_s"], "options.timeout_to_fail_s", options.timeout_to_fail_s);
    ReadNumber(node["retry_interval_s"], "options.retry_interval_s", options.retry_interval_s);
    ReadNumber(node["request_timeout_s"], "options.request_timeout_s", options.request_timeout_s);
    ReadNumber(node["retry_limit"], "options.retry_limit", options.retry_limit);
    ReadNumber(node["attempt_limit"], "options.attempt_limit", options.attempt_limit);
    const YAML::Node headers = node["branch_headers"];
    if (!headers.IsDefined()) return;
    if (!headers.IsMap()) {
      Wrong("options.branch_headers", "a map from header to value", headers);
      return;
    }
    for (const auto& entry : headers) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const std::string place = absl::StrCat("options.branch_headers.", name);
      problems_.Place(place, entry.first.Mark().line + 1);
      if (options.branch_headers.contains(name)) problems_.Add(place, "given twice");
      ReadString(entry.second, place, options.branch_headers[name]);
    }
  }

  void ReadSteps(const YAML::Node& node) {
    if (!node.IsDefined()) return;
    if (!node.IsSequence()) {
      Wrong("steps", "a list of steps", node);
      return;
    }
    definition_->steps.resize(node.size());
    for (size_t i = 0; i < node.size(); ++i) {
      const std::string path = absl::StrCat("steps[", i, "]");
      problems_.Place(path, node[i].Mark().line + 1);
      if (CheckKeys(node[i], path, kStepGroup)) ReadStep(node[i], path, definition_->steps[i]);
    }
  }

  void ReadStep(const YAML::Node& node, const std::string& path, core::StepDefinition& step) {
    ReadString(node["name"], path + ".name", step.name);
    const bool tcc = definition_->mode == core::Mode::kTcc;
    ReadTarget(node[tcc ? "try" : "action"], path + (tcc ? ".try" : ".action"), step.action);
    if (node[tcc ? "action" : "try"].IsDefined()) {
      problems_.Add(path + (tcc ? ".action" : ".try"),
                    tcc ? "a step of a tcc has a `try` in its place"
                        : "only a tcc tries; `action` is expected");
    }
    std::string compensate;
    if (ReadTarget(node["compensate"], path + ".compensate", compensate)) {
      if (compensate.empty()) {
        problems_.Add(path + ".compensate", "empty; say `none` when there is nothing to undo");
      } else {
        step.compensate = compensate == kNothingToUndo ? "" : compensate;
      }
    }
    ReadTarget(node["confirm"], path + ".confirm", step.confirm);
    ReadTarget(node["cancel"], path + ".cancel", step.cancel);
    ReadStrings(node["after"], path + ".after", step.after);
    ReadString(node["message"], path + ".message", step.message);
    if (const YAML::Node payload = node["payload"]; payload.IsDefined()) {
      step.payload = ReadPayload(payload, path + ".payload", problems_);
    }
    ReadRetry(node["retry"], path + ".retry", step.retry);
  }

  void ReadRetry(const YAML::Node& node, const std::string& path, core::RetryPolicy& retry) {
    if (!node.IsDefined() || !CheckKeys(node, path, kRetryGroup)) return;
    ReadDuration(node["interval"], path + ".interval", retry.interval);
    ReadFraction(node["factor"], path + ".factor", retry.factor);
    ReadDuration(node["cap"], path + ".cap", retry.cap);
    ReadFraction(node["jitter"], path + ".jitter", retry.jitter);
    ReadNumber(node["attempt_limit"], path + ".attempt_limit", retry.attempt_limit);
  }

  bool ReadTarget(const YAML::Node& node, const std::string& path, std::string& target) {
    std::string text;
    if (!ReadString(node, path, text)) return false;
    absl::StatusOr<std::string> substituted = Substitute(text, environment_);
    if (!substituted.ok()) {
      problems_.Add(path, std::string(substituted.status().message()));
      return false;
    }
    target = *std::move(substituted);
    return true;
  }

  const Environment& environment_;
  ProblemList& problems_;
  core::SagaDefinition* definition_ = nullptr;
  bool mode_known_ = false;
};

}  // namespace

const std::vector<KeyGroup>& DefinitionKeys() {
  static const auto* const groups = new std::vector<KeyGroup>{
      {"definition",
       {"name", "version", "description", "mode", "protocol", "protos", "key", "options",
        "concurrent", "steps"},
       {"name", "version", "mode", "protocol", "steps"}},
      {"key", {"prefix", "fields"}, {"prefix", "fields"}},
      {"options",
       {"timeout_to_fail_s", "retry_interval_s", "request_timeout_s", "retry_limit",
        "attempt_limit", "branch_headers"},
       {}},
      {"step",
       {"name", "action", "compensate", "try", "confirm", "cancel", "after", "message", "payload",
        "retry"},
       {"name"}},
      {"retry", {"interval", "factor", "cap", "jitter", "attempt_limit"}, {}}};
  return *groups;
}

std::optional<core::SagaDefinition> ReadDefinition(const YAML::Node& document,
                                                   const Environment& environment,
                                                   ProblemList& problems) {
  return DefinitionReader(environment, problems).Read(document);
}

}  // namespace saga::adapter
