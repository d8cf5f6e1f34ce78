#pragma once

// The HTTP side of a service: messages as JSON (protobuf's JSON mapping with the names of the
// .proto file), statuses and outcomes as HTTP answers. The gRPC side is in grpc_skin.h; a service
// writes its logic once and wears both.
//
// Thread safety: free functions, no shared state.

#include <google/protobuf/message.h>

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/http_message.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

// An empty body is the empty message; unknown fields are ignored, as the binary form does.
// INVALID_ARGUMENT otherwise.
absl::Status FromJson(absl::string_view json, google::protobuf::Message* message);
// Fields with their default value are written too.
std::string ToJson(const google::protobuf::Message& message);

// The HTTP status for an error of an ordinary method: 400, 404, 409, 412, 429, 503, 504 or 500,
// with {"message":"..."}.
HttpResponse ErrorResponse(const absl::Status& status);

// An ordinary method.
template <typename Request, typename Response>
HttpResponse ServeCall(const HttpRequest& http,
                       absl::FunctionRef<absl::StatusOr<Response>(const Request&)> method) {
  Request request;
  if (const absl::Status read = FromJson(http.body, &request); !read.ok())
    return ErrorResponse(read);
  const absl::StatusOr<Response> response = method(request);
  if (!response.ok()) return ErrorResponse(response.status());
  return {.status = 200, .body = ToJson(*response)};
}

// The context from the query, the payload from the body. Without a context 400, and `call` is not
// made. A payload that is not JSON of this message will not become better: an action or try is
// refused for good, and the undo of it, which has the same payload, is called with an empty
// message, so that the barrier finds that there is nothing to undo.
HttpResponse ServeBranchCall(const HttpRequest& http, google::protobuf::Message* payload,
                             absl::FunctionRef<Outcome(const BranchContext&)> call);

// A branch method.
template <typename Payload>
HttpResponse ServeBranch(const HttpRequest& http,
                         absl::FunctionRef<Outcome(const BranchContext&, const Payload&)> method) {
  Payload payload;
  return ServeBranchCall(http, &payload,
                         [&](const BranchContext& context) { return method(context, payload); });
}

}  // namespace saga::participants::sdk
