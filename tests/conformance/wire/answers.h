#pragma once

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/conformance/stage/grpc.h"
#include "tests/conformance/stage/http.h"

// What protocol 1.3 and 1.6 allow an answer to be. `text` is a string or a matcher of one.
namespace saga::conformance {

constexpr char kJsonType[] = "application/json; charset=utf-8";

inline bool HasJsonType(const HttpAnswer& answer) {
  const auto found = answer.headers.find("content-type");
  return found != answer.headers.end() && found->second == kJsonType;
}

// {"dtm_result": <result>, "message": <text>}, or without the result when it is empty.
template <typename Text>
bool HasEnvelope(const HttpAnswer& answer, const std::string& result, const Text& text,
                 testing::MatchResultListener* listener) {
  const nlohmann::json body = answer.json();
  if (!HasJsonType(answer) || !body.is_object() || !body.contains("message")) return false;
  if (body.size() != (result.empty() ? 1U : 2U)) return false;
  if (!result.empty() && body.value("dtm_result", "") != result) return false;
  return testing::ExplainMatchResult(text, body["message"].get<std::string>(), listener);
}

MATCHER(IsSuccess, "is 200 with dtm_result SUCCESS and nothing else") {
  return arg.status == 200 && HasJsonType(arg) &&
         arg.json() == nlohmann::json({{"dtm_result", "SUCCESS"}});
}

MATCHER_P(IsFailure, text, "is 409 with dtm_result FAILURE and the text") {
  return HasEnvelope(arg, "FAILURE", text, result_listener) && arg.status == 409;
}

MATCHER_P(IsOngoing, text, "is 425 with dtm_result ONGOING and the text") {
  return HasEnvelope(arg, "ONGOING", text, result_listener) && arg.status == 425;
}

MATCHER_P(IsError, text, "is 500 with the text alone") {
  return HasEnvelope(arg, "", text, result_listener) && arg.status == 500;
}

MATCHER_P2(IsGrpc, code, text, "is the gRPC status with the text") {
  return arg.code == code && testing::ExplainMatchResult(text, arg.message, result_listener);
}

}  // namespace saga::conformance
