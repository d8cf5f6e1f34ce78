#pragma once

// A branch method of a service as the SDK calls it, whichever way the call came: as an HTTP request
// (json_skin.h) or as a command through Kafka (kafka_intake.h). The gRPC door has its own class,
// which protoc makes (grpc_skin.h).
//
// Thread safety: free functions and values, no shared state.

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

// How a payload is written: what the gRPC door and what the HTTP door would have been sent.
enum class PayloadForm { kProtobuf, kJson };

struct BranchRequest {
  BranchContext branch;
  PayloadForm form = PayloadForm::kJson;
  absl::string_view payload;
  // branch_headers of the transaction. Known for commands only; empty behind the HTTP door.
  std::map<std::string, std::string> headers;
};

// Called from several threads at once.
using BranchMethod = std::function<Outcome(const BranchRequest&)>;

// An exception is an unknown outcome.
Outcome Run(const BranchMethod& method, const BranchRequest& request);

// An empty body is the empty message; unknown fields are ignored, as the binary form does.
// INVALID_ARGUMENT otherwise.
absl::Status FromJson(absl::string_view json, google::protobuf::Message* message);

// The payload of `request` as `payload`. One that is no such message will not become better: an
// action or try is refused for good, with what this gives back; the undo of it, which has the same
// payload, goes on with an empty message, so that the barrier finds that there is nothing to undo.
std::optional<Outcome> ReadPayload(const BranchRequest& request,
                                   google::protobuf::Message* payload);

// A method that takes its payload as a message.
template <typename Payload>
BranchMethod MethodOf(std::function<Outcome(const BranchContext&, const Payload&)> method) {
  return [method = std::move(method)](const BranchRequest& request) {
    Payload payload;
    if (const std::optional<Outcome> refused = ReadPayload(request, &payload)) return *refused;
    return method(request.branch, payload);
  };
}

}  // namespace saga::participants::sdk
