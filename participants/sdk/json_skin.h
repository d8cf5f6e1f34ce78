#pragma once

// The HTTP side of a service: messages as JSON (protobuf's JSON mapping with the names of the
// .proto file), statuses and outcomes as HTTP answers. The gRPC side is in grpc_skin.h; a service
// writes its logic once and wears both.
//
// Thread safety: free functions, no shared state.

#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/branch_method.h"
#include "participants/sdk/http_message.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

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

// A branch method: the context from the query, the payload from the body. Without a context 400,
// and `method` is not called.
HttpResponse ServeBranch(const HttpRequest& http, const BranchMethod& method);

// The same for one that takes its payload as a message (branch_method.h says what becomes of a
// payload that is none).
template <typename Payload>
HttpResponse ServeBranch(const HttpRequest& http,
                         std::function<Outcome(const BranchContext&, const Payload&)> method) {
  return ServeBranch(http, MethodOf<Payload>(std::move(method)));
}

}  // namespace saga::participants::sdk
