#pragma once

// The doors of a branch of XA (xa_resource.h): one URL or method for its three calls.
//
// Thread safety: free functions, no shared state.

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "participants/sdk/branch_method.h"
#include "participants/sdk/http_message.h"
#include "participants/sdk/outcome.h"
#include "participants/sdk/xa_resource.h"

namespace saga::participants::sdk {

// Over HTTP; `work` gets the body of an action. Without a context 400, and nothing is done.
HttpResponse ServeXa(const HttpRequest& http, XaResource& resource,
                     absl::FunctionRef<Outcome(Transaction&, absl::string_view body)> work);

// With the body as a message; one that is none is refused for good.
template <typename Payload>
HttpResponse ServeXa(const HttpRequest& http, XaResource& resource,
                     absl::FunctionRef<Outcome(Transaction&, const Payload&)> work) {
  return ServeXa(http, resource, [&](Transaction& tx, absl::string_view body) -> Outcome {
    Payload payload;
    if (const absl::Status read = FromJson(body, &payload); !read.ok())
      return Outcome::FailedForGood(std::string(read.message()));
    return work(tx, payload);
  });
}

// Over gRPC, in a generated service: the request is that of an action, and empty in the second
// phase.
grpc::Status ServeXa(const grpc::ServerContext& context, XaResource& resource,
                     absl::FunctionRef<Outcome(Transaction&)> work);

}  // namespace saga::participants::sdk
