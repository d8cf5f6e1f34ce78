#include <string>

#include <nlohmann/json.hpp>

#include "orchestrator/api/dtm_json.h"
#include "orchestrator/api/json_rpc_envelope.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "tests/fuzz/accepted.h"
#include "tests/fuzz/target.h"

namespace saga::fuzz {

namespace {

using nlohmann::json;

void CheckAnswer(const std::string& answer, const std::string& id) {
  const json read = json::parse(answer, nullptr, /*allow_exceptions=*/false);
  SAGA_CHECK(read.is_object() && read.size() == 4);
  SAGA_CHECK(read["id"] == id && read["jsonrpc"] == "2.0");
}

}  // namespace

void JsonRpcCall(std::string_view data) {
  const api::JsonRpcEnvelope call = api::DecodeJsonRpcEnvelope(data);
  CheckAnswer(api::EncodeJsonRpcResult(call.id, "null"), call.id);
  CheckAnswer(api::EncodeJsonRpcError(call.id, -32600, api::ShowEnvelope(call), "{}"), call.id);
  SAGA_CHECK(api::ShowEnvelope(call).size() <= core::kMaxReasonLength);
  if (!call.decoded.ok()) return CheckRefusal(call.decoded);
  // The text of a number that is shown in errors is cut; everything else is as it was sent.
  const bool number = call.params.find_first_of("-0123456789") == 0;
  SAGA_CHECK(number || json::accept(call.params));

  const auto again = api::DecodeJsonRpcEnvelope("{\"params\":" + (number ? "0" : call.params) +
                                                ",\"id\":" + json(call.id).dump() +
                                                ",\"method\":" + json(call.method).dump() +
                                                ",\"jsonrpc\":" + json(call.jsonrpc).dump() + "}");
  SAGA_CHECK(again.decoded.ok());
  SAGA_CHECK(again.id == call.id && again.method == call.method && again.jsonrpc == call.jsonrpc);
  SAGA_CHECK(number || again.params == call.params);

  if (const auto request = api::DecodeRequest(call.params, api::GidForm::kAsSent); request.ok()) {
    CheckAccepted(*request);
  } else {
    CheckRefusal(request.status());
  }
  const auto registration = api::DecodeRegistration(call.params, api::GidForm::kAsSent);
  if (!registration.ok()) return CheckRefusal(registration.status());
  CheckAccepted(*registration);
}

}  // namespace saga::fuzz
