#include "orchestrator/adapter/http/http_json_rpc.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "orchestrator/base/json_depth.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/reply_text.h"
#include "orchestrator/core/words.h"

namespace saga::adapter {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMethod = "method";
constexpr double kFailureCode = -32901;
constexpr double kOngoingCode = -32902;
// Of JSON-RPC 2.0 itself.
constexpr double kParseErrorCode = -32700;
constexpr double kInvalidRequestCode = -32600;
constexpr double kMethodNotFoundCode = -32601;
constexpr double kInvalidParamsCode = -32602;

// The value of a hexadecimal digit; -1 when it is none.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Empty when the encoding is broken.
std::string Decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return "";
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return "";
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

// The first query parameter `method` of `url`; empty when it has none, because the word may stand
// elsewhere in it. Parameters that are broken, or contain a ';', are passed over, as DTM does.
std::string MethodOf(std::string_view url) {
  url = url.substr(0, url.find('#'));
  const size_t mark = url.find('?');
  if (mark == std::string_view::npos) return "";
  std::string_view query = url.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const size_t equals = parameter.find('=');
    if (parameter.find(';') != std::string_view::npos) continue;
    if (Decoded(parameter.substr(0, equals)) != kMethod) continue;
    if (equals == std::string_view::npos || equals + 1 == parameter.size()) return "";
    std::string method = Decoded(parameter.substr(equals + 1));
    if (!method.empty()) return method;
  }
  return "";
}

// The payload as an object; discarded when it is something else.
Json ParamsOf(std::string_view payload) {
  if (payload.empty()) return Json::object();
  Json params = Json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (params.is_null()) return Json::object();
  return params.is_object() ? params : Json(Json::value_t::discarded);
}

// Looks for `error` among the fields of an object, without keeping the rest, which may be long and
// nest as deep as it likes. The last of several counts.
class ErrorReader final : public nlohmann::json_sax<Json> {
 public:
  bool is_object() const { return is_object_; }
  bool has_error() const { return has_error_; }
  double code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  bool key(string_t& name) override {
    if (depth_ == 1) {
      in_error_ = name == "error";
      if (in_error_) Forget();
    }
    if (depth_ == 2 && in_error_) field_ = std::move(name);
    return true;
  }
  bool start_object(size_t) override {
    if (depth_ == 0) is_object_ = true;
    return Open();
  }
  bool start_array(size_t) override { return Open(); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool null() override { return true; }
  bool boolean(bool) override { return Scalar(); }
  bool number_integer(number_integer_t value) override {
    return Number(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Number(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return Number(value); }
  bool string(string_t& value) override {
    if (depth_ == 2 && in_error_ && field_ == "message") message_ = std::move(value);
    return Scalar();
  }
  bool binary(binary_t&) override { return false; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  bool Open() {
    if (depth_ == 1 && in_error_) has_error_ = true;
    field_.clear();
    ++depth_;
    return true;
  }
  bool Close() {
    --depth_;
    return true;
  }
  bool Number(double value) {
    if (depth_ == 2 && in_error_ && field_ == "code") code_ = value;
    return Scalar();
  }
  bool Scalar() {
    if (depth_ == 1 && in_error_) has_error_ = true;
    return true;
  }
  void Forget() {
    has_error_ = false;
    code_ = 0;
    message_.clear();
  }

  size_t depth_ = 0;
  bool is_object_ = false;
  bool in_error_ = false;  // what comes next at depth 1 is the value of `error`
  bool has_error_ = false;
  std::string field_;  // of `error`, when that is an object
  double code_ = 0;
  std::string message_;
};

port::BranchReply Reply(core::Outcome outcome, std::string_view text,
                        core::DeadReason hopeless = core::DeadReason::kNone) {
  return {.outcome = outcome,
          .text = core::ReplyText(outcome, text, core::kLargestReason),
          .hopeless = hopeless};
}

core::DeadReason HopelessOf(double code) {
  if (code == kMethodNotFoundCode) return core::DeadReason::kUnknownMethod;
  const bool contract =
      code == kParseErrorCode || code == kInvalidRequestCode || code == kInvalidParamsCode;
  return contract ? core::DeadReason::kContract : core::DeadReason::kNone;
}

}  // namespace

bool IsJsonRpc(const port::BranchCall& call) {
  return call.protocol == core::Protocol::kJsonRpc &&
         call.target.find(kMethod) != std::string::npos;
}

JsonRpcBody MakeJsonRpcBody(const port::BranchCall& call, uint64_t number) {
  const std::string& payload = base::Value(call.payload);
  if (base::JsonDepth(payload) > core::kMaxJsonDepth) {
    return {nullptr, "the payload nests more than " + std::to_string(core::kMaxJsonDepth) +
                         " levels deep (kMaxJsonDepth): a JSON-RPC call cannot carry it"};
  }
  Json params = ParamsOf(payload);
  if (params.is_discarded()) {
    return {nullptr, "the payload of a JSON-RPC call must be a JSON object in UTF-8, or empty"};
  }
  params["gid"] = call.gid;
  params["trans_type"] = core::WordOf(call.mode);
  params["branch_id"] = call.branch_id;
  params["op"] = call.OpWord();
  const Json body = {{"id", call.gid + "-" + std::to_string(number)},
                     {"jsonrpc", "2.0"},
                     {"method", MethodOf(call.target)},
                     {"params", std::move(params)}};
  return {base::MakeBytes(body.dump(-1, ' ', false, Json::error_handler_t::replace)), ""};
}

port::BranchReply JsonRpcReply(std::string_view body) {
  if (body.size() > kMaxJsonRpcReplyBytes) {
    return Reply(core::Outcome::kUnknown,
                 "the JSON-RPC answer is longer than " + std::to_string(kMaxJsonRpcReplyBytes) +
                     " bytes (kMaxJsonRpcReplyBytes)",
                 core::DeadReason::kUndecodable);
  }
  ErrorReader reader;
  nlohmann::json_sax<Json>* const events = &reader;
  if (!Json::sax_parse(body.begin(), body.end(), events) || !reader.is_object()) {
    return Reply(core::Outcome::kUnknown,
                 "the JSON-RPC answer is not a JSON object: " + std::string(body.substr(0, 1024)),
                 core::DeadReason::kUndecodable);
  }
  if (!reader.has_error()) return {core::Outcome::kSuccess, ""};
  const std::string_view said =
      reader.message().empty() ? body : std::string_view(reader.message());
  if (reader.code() == kFailureCode) return Reply(core::Outcome::kFailure, said);
  if (reader.code() == kOngoingCode) return Reply(core::Outcome::kOngoing, said);
  return Reply(core::Outcome::kUnknown, body, HopelessOf(reader.code()));
}

}  // namespace saga::adapter
