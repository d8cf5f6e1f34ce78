#include "orchestrator/api/dtm_json_rpc.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/api/dtm_json.h"
#include "orchestrator/api/json_rpc_envelope.h"

namespace saga::api {

namespace {

constexpr int kParseError = -32700;
constexpr int kBadCall = -32600;
constexpr int kNoSuchMethod = -32601;
constexpr int kOtherError = -32603;
constexpr int kFailure = -32901;

constexpr std::string_view kNothing = "null";
// What DTM makes of an error that a call returns, as opposed to one that it panics with.
constexpr std::string_view kReturned = "{}";

HttpResponse Ok(std::string body) { return {.status = 200, .body = std::move(body)}; }

HttpResponse Refusal(int status, const JsonRpcEnvelope& call, int code, const std::string& text) {
  return {.status = status, .body = EncodeJsonRpcError(call.id, code, text, kNothing)};
}

std::string ToJsonRpc(const std::string& id, const WireAnswer& answer) {
  using Kind = WireAnswer::Kind;
  switch (answer.kind) {
    case Kind::kSuccess:
      return EncodeJsonRpcResult(id, kNothing);
    case Kind::kFailure:
      return EncodeJsonRpcError(id, kFailure, answer.text, kReturned);
    case Kind::kBadRequest:
      return EncodeJsonRpcError(id, kOtherError, answer.text, kNothing);
    // DTM keeps its code for ongoing to what branches answer.
    case Kind::kOngoing:
    case Kind::kError:
    case Kind::kOverloaded:
    case Kind::kUnavailable:
      break;
  }
  return EncodeJsonRpcError(id, kOtherError, answer.text, kReturned);
}

DtmCalls::Done AnswerTo(std::string id, HttpResponder responder) {
  return [id = std::move(id), responder = std::move(responder)](WireAnswer answer) mutable {
    responder.Send(Ok(ToJsonRpc(id, answer)));
  };
}

// The methods whose params are a request.
struct Method {
  std::string_view name;
  void (DtmCalls::*call)(DtmRequest, DtmCalls::Done);
};

constexpr std::array kMethods = {Method{"prepare", &DtmCalls::Prepare},
                                 Method{"submit", &DtmCalls::Submit},
                                 Method{"abort", &DtmCalls::Abort}};

}  // namespace

void DtmJsonRpc::AddRoutes(HttpRouter& router) {
  router.Add("POST", "/api/json-rpc", [this](HttpRequest request, HttpResponder responder) {
    Take(request, std::move(responder));
  });
}

void DtmJsonRpc::Take(const HttpRequest& request, HttpResponder responder) {
  const JsonRpcEnvelope call = DecodeJsonRpcEnvelope(request.body);
  if (!call.decoded.ok()) {
    return responder.Send(Refusal(400, call, kParseError,
                                  absl::StrCat("Parse json error: ", call.decoded.message())));
  }
  if (call.id.empty() || call.jsonrpc != "2.0") {
    return responder.Send(
        Refusal(200, call, kBadCall, absl::StrCat("Bad json request: ", ShowEnvelope(call))));
  }
  if (call.method == "newGid") {
    return responder.Send(
        Ok(EncodeJsonRpcResult(call.id, absl::StrCat(R"({"gid":")", gids_.Next(), R"("})"))));
  }
  if (call.method == "registerBranch") {
    auto registration = DecodeRegistration(call.params, GidForm::kAsSent);
    DtmCalls::Done done = AnswerTo(call.id, std::move(responder));
    if (!registration.ok()) return done(ToWire(registration.status()));
    return calls_.RegisterBranch(*std::move(registration), std::move(done));
  }
  const auto method = std::find_if(kMethods.begin(), kMethods.end(),
                                   [&](const Method& known) { return known.name == call.method; });
  if (method == kMethods.end()) {
    return responder.Send(Refusal(200, call, kNoSuchMethod,
                                  absl::StrCat("Method not found: ", call.method.substr(0, 64))));
  }
  auto decoded = DecodeRequest(call.params, GidForm::kAsSent, calls_.limits().steps);
  DtmCalls::Done done = AnswerTo(call.id, std::move(responder));
  if (!decoded.ok()) return done(ToWire(decoded.status()));
  (calls_.*method->call)(*std::move(decoded), std::move(done));
}

}  // namespace saga::api
