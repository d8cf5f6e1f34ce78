#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/api/dtm_json_walker.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

struct Field {
  enum class Type : uint8_t { kString, kBool, kInteger, kSteps, kPayloads, kHeaders, kExtra };

  absl::string_view name;
  Type type;
  std::string DtmRequest::*text = nullptr;
  bool DtmRequest::*flag = nullptr;
  int64_t core::Options::*number = nullptr;
};

using Texts = std::map<std::string, std::string>;

using Type = Field::Type;

constexpr std::array kFields = {
    Field{"gid", Type::kString, &DtmRequest::gid},
    Field{"trans_type", Type::kString, &DtmRequest::trans_type},
    Field{"steps", Type::kSteps},
    Field{"payloads", Type::kPayloads},
    Field{"query_prepared", Type::kString, &DtmRequest::query_prepared},
    Field{"protocol", Type::kString, &DtmRequest::protocol},
    Field{"custom_data", Type::kString, &DtmRequest::custom_data},
    Field{"rollback_reason", Type::kString, &DtmRequest::rollback_reason},
    Field{"wait_result", Type::kBool, nullptr, &DtmRequest::wait_result},
    Field{"concurrent", Type::kBool, nullptr, &DtmRequest::concurrent},
    Field{"timeout_to_fail", Type::kInteger, nullptr, nullptr, &core::Options::timeout_to_fail_s},
    Field{"request_timeout", Type::kInteger, nullptr, nullptr, &core::Options::request_timeout_s},
    Field{"retry_interval", Type::kInteger, nullptr, nullptr, &core::Options::retry_interval_s},
    Field{"retry_limit", Type::kInteger, nullptr, nullptr, &core::Options::retry_limit},
    Field{"attempt_limit", Type::kInteger, nullptr, nullptr, &core::Options::attempt_limit},
    Field{"branch_headers", Type::kHeaders},
    Field{"req_extra", Type::kExtra},
};

absl::string_view GoType(Type type) {
  switch (type) {
    case Type::kString:
      return "string";
    case Type::kBool:
      return "bool";
    case Type::kInteger:
      return "int64";
    case Type::kSteps:
      return "[]map[string]string";
    case Type::kPayloads:
      return "[]string";
    case Type::kHeaders:
    case Type::kExtra:
      return "map[string]string";
  }
  return "";
}

const Field* FindField(absl::string_view key) {
  for (const Field& field : kFields) {
    if (absl::EqualsIgnoreCase(field.name, key)) return &field;
  }
  return nullptr;
}

class RequestReader final : public JsonWalker {
 public:
  explicit RequestReader(size_t max_steps) : max_steps_(max_steps) {}

  DtmRequest Take(GidForm gid) {
    if (gid == GidForm::kCleaned) request_.gid = CleanHttpGid(request_.gid);
    TakeLegacyData(request_);
    return std::move(request_);
  }
  absl::Status Check() const {
    if (steps_ <= max_steps_) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(steps_, " steps given, at most ", max_steps_,
                     " allowed (limit.steps): split it into several transactions"));
  }

 private:
  enum class Place : uint8_t { kRoot, kFields, kSteps, kStep, kPayloads, kTexts };

  bool Enter(bool object) override {
    switch (place_) {
      case Place::kRoot:
        if (object) return Go(Place::kFields);
        Refuse("json: cannot unmarshal array into the request, which is an object");
        return false;
      case Place::kFields:
        return field_ != nullptr && EnterField(object);
      case Place::kSteps:
        if (object) {
          BeginStep();
          return Go(Place::kStep);
        }
        WrongType("array", "map[string]string");
        return false;
      case Place::kStep:
      case Place::kPayloads:
      case Place::kTexts:
        WrongType(object ? "object" : "array", "string");
        return false;
    }
    return false;
  }

  bool EnterField(bool object) {
    switch (field_->type) {
      case Type::kSteps:
        if (object) break;
        request_.steps.clear();
        steps_ = 0;
        return Go(Place::kSteps);
      case Type::kPayloads:
        if (object) break;
        request_.payloads.clear();
        return Go(Place::kPayloads);
      case Type::kHeaders:
      case Type::kExtra:
        if (!object) break;
        TextsOf(field_->type).clear();
        return Go(Place::kTexts);
      case Type::kString:
      case Type::kBool:
      case Type::kInteger:
        break;
    }
    WrongType(object ? "object" : "array", GoType(field_->type));
    return false;
  }

  void Leave() override { place_ = place_ == Place::kStep ? Place::kSteps : Place::kFields; }

  void Key(std::string& key) override {
    if (place_ == Place::kFields) {
      field_ = FindField(key);
    } else {
      inner_key_ = std::move(key);
    }
  }

  void Value(JsonScalar scalar) override {
    switch (place_) {
      case Place::kRoot:
        if (scalar.type != JsonScalar::Type::kNull) {
          Refuse(absl::StrCat("json: cannot unmarshal ", NameOf(scalar.type),
                              " into the request, which is an object"));
        }
        return;
      case Place::kFields:
        if (field_ != nullptr) SetField(std::move(scalar));
        return;
      case Place::kSteps:
        BeginStep();
        if (scalar.type != JsonScalar::Type::kNull)
          WrongType(NameOf(scalar.type), "map[string]string");
        return;
      case Place::kStep:
        if (IsText(scalar)) SetStep(std::move(scalar.text));
        return;
      case Place::kPayloads:
        // Payload i is step i's, so that what lies beyond the last possible step belongs to nobody.
        if (IsText(scalar) && request_.payloads.size() < max_steps_) {
          request_.payloads.push_back(base::MakeBytes(std::move(scalar.text)));
        }
        return;
      case Place::kTexts:
        if (IsText(scalar)) SetText(std::move(scalar.text));
        return;
    }
  }

  void SetField(JsonScalar scalar) {
    if (scalar.type == JsonScalar::Type::kNull) return ClearList();
    if (field_->text != nullptr && scalar.type == JsonScalar::Type::kString) {
      request_.*field_->text = std::move(scalar.text);
    } else if (field_->flag != nullptr && scalar.type == JsonScalar::Type::kBool) {
      request_.*field_->flag = scalar.boolean;
    } else if (field_->number != nullptr && scalar.integer.has_value()) {
      request_.options.*field_->number = *scalar.integer;
    } else if (field_->number != nullptr && scalar.type == JsonScalar::Type::kNumber) {
      WrongType(absl::StrCat("number ", scalar.text), GoType(field_->type));
    } else {
      WrongType(NameOf(scalar.type), GoType(field_->type));
    }
  }

  // A null behind an earlier value of the same key: takes a list back and leaves a plain value, as
  // in Go.
  void ClearList() {
    if (field_->type == Type::kSteps) {
      request_.steps.clear();
      steps_ = 0;
    }
    if (field_->type == Type::kPayloads) request_.payloads.clear();
    if (field_->type == Type::kHeaders || field_->type == Type::kExtra)
      TextsOf(field_->type).clear();
  }

  // Steps beyond the limit are counted, not kept.
  void BeginStep() {
    if (++steps_ <= max_steps_) request_.steps.emplace_back();
  }

  void SetStep(std::string text) {
    if (steps_ > max_steps_) return;
    DtmStep& step = request_.steps.back();
    if (inner_key_ == "action") {
      step.action = std::move(text);
    } else if (inner_key_ == "compensate") {
      step.compensate = std::move(text);
    } else if (inner_key_ == "data") {
      step.data = std::move(text);
    }
  }

  Texts& TextsOf(Type type) {
    return type == Type::kExtra ? request_.req_extra : request_.options.branch_headers;
  }

  void SetText(std::string text) {
    Texts& texts = TextsOf(field_->type);
    texts[std::move(inner_key_)] = std::move(text);
    if (texts.size() <= core::kMaxBranchHeaders) return;
    texts.clear();
    Refuse(absl::StrCat("more than ", core::kMaxBranchHeaders, " entries of ", field_->name,
                        " given (kMaxBranchHeaders): send less, or in the payload"));
  }

  // A string, or null, which is the empty one.
  bool IsText(const JsonScalar& scalar) {
    if (scalar.type == JsonScalar::Type::kString || scalar.type == JsonScalar::Type::kNull)
      return true;
    WrongType(NameOf(scalar.type), "string");
    return false;
  }

  void WrongType(absl::string_view what, absl::string_view type) {
    Refuse(absl::StrCat("json: cannot unmarshal ", what, " into field ", field_->name, " of type ",
                        type));
  }

  bool Go(Place place) {
    place_ = place;
    return true;
  }

  DtmRequest request_;
  Place place_ = Place::kRoot;
  const Field* field_ = nullptr;  // of the key read last; null: unknown
  std::string inner_key_;         // of a step, a header or an extra
  const size_t max_steps_;
  size_t steps_ = 0;
};

}  // namespace

absl::StatusOr<DtmRequest> DecodeRequest(std::string_view body, GidForm gid, size_t max_steps) {
  RequestReader reader(max_steps);
  if (const absl::Status read = reader.Walk(body); !read.ok()) return read;
  if (const absl::Status checked = reader.Check(); !checked.ok()) return checked;
  return reader.Take(gid);
}

}  // namespace saga::api
