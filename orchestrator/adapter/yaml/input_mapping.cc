#include "orchestrator/adapter/yaml/input_mapping.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "orchestrator/base/json_depth.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"

namespace saga::adapter {

namespace {

using Json = nlohmann::json;
using Kind = core::PayloadValue::Kind;

absl::StatusOr<Json> ParseInput(const std::string& text, size_t max_size) {
  if (text.size() > max_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("the input is larger than ", max_size, " bytes (limit.request_bytes)"));
  }
  if (base::JsonDepth(text) > core::kMaxJsonDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("the input is nested deeper than ", core::kMaxJsonDepth));
  }
  if (text.empty()) return Json::object();
  Json input = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (input.is_discarded()) return absl::InvalidArgumentError("the input is not JSON");
  if (!input.is_object()) return absl::InvalidArgumentError("the input is not a JSON object");
  return input;
}

std::string PathText(const std::vector<std::string>& path) {
  return path.empty() ? "$input" : absl::StrCat("$input.", absl::StrJoin(path, "."));
}

absl::StatusOr<const Json*> Follow(const Json& input, const std::vector<std::string>& path) {
  const Json* at = &input;
  for (const std::string& name : path) {
    size_t index = 0;
    if (at->is_object() && at->contains(name)) {
      at = &(*at)[name];
    } else if (at->is_array() && absl::SimpleAtoi(name, &index) && index < at->size()) {
      at = &(*at)[index];
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("the input has no ", PathText(path), " ('", name, "' is missing)"));
    }
  }
  return at;
}

// The value that `value` describes. Without an input, what depends on one is left out.
absl::StatusOr<std::optional<Json>> Render(const core::PayloadValue& value, const Json* input,
                                           const std::string& place) {
  switch (value.kind) {
    case Kind::kLiteral:
      return Json::parse(value.literal, nullptr, /*allow_exceptions=*/false);
    case Kind::kInput: {
      if (input == nullptr) return std::nullopt;
      absl::StatusOr<const Json*> found = Follow(*input, value.path);
      if (found.ok()) return **found;
      return absl::InvalidArgumentError(absl::StrCat(place, ": ", found.status().message()));
    }
    case Kind::kMap:
    case Kind::kList:
      break;
  }
  Json result = value.kind == Kind::kMap ? Json::object() : Json::array();
  for (size_t i = 0; i < value.items.size(); ++i) {
    const std::string name =
        value.kind == Kind::kMap ? absl::StrCat(".", value.names[i]) : absl::StrCat("[", i, "]");
    absl::StatusOr<std::optional<Json>> item = Render(value.items[i], input, place + name);
    if (!item.ok()) return item.status();
    if (!item->has_value()) continue;
    if (value.kind == Kind::kMap) {
      result[value.names[i]] = **std::move(item);
    } else {
      result.push_back(**std::move(item));
    }
  }
  return result;
}

std::string TextOf(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<std::string> KeyText(const Json& input, const std::vector<std::string>& path) {
  absl::StatusOr<const Json*> found = Follow(input, path);
  if (!found.ok()) return found.status();
  const Json& value = **found;
  if (value.is_string() && !value.get_ref<const std::string&>().empty())
    return value.get<std::string>();
  if (value.is_number_integer() || value.is_boolean()) return TextOf(value);
  return absl::InvalidArgumentError(absl::StrCat(
      PathText(path),
      " is part of the key; a string that is not empty, a whole number or a bool is expected"));
}

class Mapping : public port::InputMapping {
 public:
  Mapping(core::SagaDefinition definition, std::shared_ptr<const ProtoLibrary> protos,
          const core::RequestLimits& limits)
      : definition_(std::move(definition)), protos_(std::move(protos)), limits_(limits) {}

  absl::StatusOr<port::MappedInput> Apply(const std::string& input_json,
                                          bool with_gid) const override {
    absl::StatusOr<Json> input = ParseInput(input_json, limits_.request);
    if (!input.ok()) return input.status();
    port::MappedInput mapped;
    if (with_gid) {
      absl::StatusOr<std::string> gid = MakeGid(*input);
      if (!gid.ok()) return gid.status();
      mapped.gid = *std::move(gid);
    }
    size_t total = 0;
    for (const core::StepDefinition& step : definition_.steps) {
      absl::StatusOr<std::string> payload = MakePayload(step, *input);
      if (!payload.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("step '", step.name, "': ", payload.status().message()));
      }
      total += payload->size();
      mapped.payloads.push_back(base::MakeBytes(*std::move(payload)));
    }
    if (total <= limits_.request) return mapped;
    return absl::InvalidArgumentError(absl::StrCat("the payloads of all steps are larger than ",
                                                   limits_.request,
                                                   " bytes together (limit.request_bytes)"));
  }

 private:
  absl::StatusOr<std::string> MakeGid(const Json& input) const {
    if (!definition_.key.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("gid: '", definition_.name, "' has no key to make one from; name a gid"));
    }
    std::vector<std::string> values;
    for (const std::vector<std::string>& path : definition_.key->fields) {
      absl::StatusOr<std::string> value = KeyText(input, path);
      if (!value.ok())
        return absl::InvalidArgumentError(absl::StrCat("key: ", value.status().message()));
      values.push_back(*std::move(value));
    }
    return core::GidFromKey(*definition_.key, values);
  }

  absl::StatusOr<std::string> MakePayload(const core::StepDefinition& step,
                                          const Json& input) const {
    if (!step.payload.has_value()) return std::string();
    absl::StatusOr<std::optional<Json>> json = Render(*step.payload, &input, "payload");
    if (!json.ok()) return json.status();
    std::string payload = TextOf(**json);
    if (!step.message.empty()) {
      absl::StatusOr<std::string> bytes = protos_->Encode(step.message, payload);
      if (!bytes.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("payload: ", step.message, ": ", bytes.status().message()));
      }
      payload = *std::move(bytes);
    }
    if (payload.size() <= limits_.payload) return payload;
    return absl::InvalidArgumentError(
        absl::StrCat("payload: larger than ", limits_.payload, " bytes (limit.payload_bytes)"));
  }

  const core::SagaDefinition definition_;
  const std::shared_ptr<const ProtoLibrary> protos_;
  const core::RequestLimits limits_;
};

}  // namespace

std::shared_ptr<const port::InputMapping> MakeInputMapping(
    core::SagaDefinition definition, std::shared_ptr<const ProtoLibrary> protos,
    const core::RequestLimits& limits) {
  return std::make_shared<Mapping>(std::move(definition), std::move(protos), limits);
}

absl::Status CheckLiterals(const core::StepDefinition& step, const ProtoLibrary& protos) {
  absl::StatusOr<std::optional<Json>> json = Render(*step.payload, nullptr, "payload");
  if (!json.ok() || !json->has_value()) return json.status();
  return protos.Encode(step.message, TextOf(**json)).status();
}

}  // namespace saga::adapter
