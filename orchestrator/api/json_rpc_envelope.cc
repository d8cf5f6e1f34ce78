#include "orchestrator/api/json_rpc_envelope.h"

#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "orchestrator/api/dtm_json_walker.h"
#include "orchestrator/core/reply_text.h"

namespace saga::api {

namespace {

using Json = nlohmann::json;

std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class EnvelopeReader final : public JsonWalker {
 public:
  explicit EnvelopeReader(std::string_view body) : body_(body) {}

  JsonRpcEnvelope Take() {
    absl::Status decoded = Walk(body_);
    envelope_.decoded = std::move(decoded);
    return std::move(envelope_);
  }

 private:
  bool Enter(bool object) override {
    if (!inside_) {
      if (!object) Refuse("json: cannot unmarshal array into the call, which is an object");
      inside_ = object;
      return object;
    }
    if (text_ != nullptr) WrongType(object ? "object" : "array");
    params_begin_ = read() - 1;
    return false;
  }

  void Leave() override {}

  void Pass() override {
    if (is_params_) envelope_.params = body_.substr(params_begin_, read() - params_begin_);
  }

  void Key(std::string& key) override {
    is_params_ = absl::EqualsIgnoreCase(key, "params");
    text_ = absl::EqualsIgnoreCase(key, "jsonrpc")  ? &envelope_.jsonrpc
            : absl::EqualsIgnoreCase(key, "id")     ? &envelope_.id
            : absl::EqualsIgnoreCase(key, "method") ? &envelope_.method
                                                    : nullptr;
    key_ = std::move(key);
  }

  void Value(JsonScalar scalar) override {
    const bool is_null = scalar.type == JsonScalar::Type::kNull;
    if (!inside_) {
      if (!is_null) {
        Refuse(absl::StrCat("json: cannot unmarshal ", NameOf(scalar.type),
                            " into the call, which is an object"));
      }
    } else if (is_params_) {
      envelope_.params = ScalarText(scalar);
    } else if (text_ != nullptr && scalar.type == JsonScalar::Type::kString) {
      *text_ = std::move(scalar.text);
    } else if (text_ != nullptr && !is_null) {
      WrongType(NameOf(scalar.type));
    }
  }

  static std::string ScalarText(const JsonScalar& scalar) {
    switch (scalar.type) {
      case JsonScalar::Type::kNull:
        break;
      case JsonScalar::Type::kBool:
        return scalar.boolean ? "true" : "false";
      case JsonScalar::Type::kNumber:
        return scalar.text;
      case JsonScalar::Type::kString:
        return Text(scalar.text);
    }
    return "null";
  }

  void WrongType(absl::string_view what) {
    Refuse(absl::StrCat("json: cannot unmarshal ", what, " into field ", key_, " of type string"));
  }

  const std::string_view body_;
  JsonRpcEnvelope envelope_;
  bool inside_ = false;
  std::string key_;              // read last
  bool is_params_ = false;       // the key read last is that of the params
  std::string* text_ = nullptr;  // where the value of the key read last goes; null: nowhere
  size_t params_begin_ = 0;
};

}  // namespace

JsonRpcEnvelope DecodeJsonRpcEnvelope(std::string_view body) { return EnvelopeReader(body).Take(); }

std::string ShowEnvelope(const JsonRpcEnvelope& envelope) {
  return core::ReplyText(
      core::Outcome::kUnknown,
      absl::StrCat(R"({"method":)", Text(envelope.method), R"(,"jsonrpc":)", Text(envelope.jsonrpc),
                   R"(,"params":)", envelope.params, R"(,"id":)", Text(envelope.id), "}"));
}

std::string EncodeJsonRpcResult(const std::string& id, std::string_view result) {
  return absl::StrCat(R"({"error":null,"id":)", Text(id), R"(,"jsonrpc":"2.0","result":)",
                      absl::string_view(result.data(), result.size()), "}");
}

std::string EncodeJsonRpcError(const std::string& id, int code, const std::string& message,
                               std::string_view result) {
  const Json error = {{"code", code}, {"message", message}};
  return absl::StrCat(R"({"error":)", Text(error), R"(,"id":)", Text(id),
                      R"(,"jsonrpc":"2.0","result":)",
                      absl::string_view(result.data(), result.size()), "}");
}

}  // namespace saga::api
