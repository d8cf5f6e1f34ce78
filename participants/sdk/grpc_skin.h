#pragma once

// The gRPC side of a service: branch context from metadata, statuses and outcomes as gRPC statuses.
// Slow to compile; include it only where a generated service is implemented.
//
//   grpc::Status Deduct(grpc::ServerContext* context, const StockChange* request,
//   google::protobuf::Empty*) override {
//     return ServeBranch(*context, [&](const BranchContext& branch) { return
//     service_.Deduct(branch, *request); });
//   }
//
// Thread safety: free functions, no shared state.

#include <grpcpp/grpcpp.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

// The codes are the same numbers on both sides.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

// An ordinary method.
template <typename Response>
grpc::Status ServeCall(absl::StatusOr<Response> result, Response* response) {
  if (!result.ok()) return ToGrpc(result.status());
  *response = *std::move(result);
  return grpc::Status::OK;
}

// The metadata of a call by name, for ReadBranchContext. `context` outlives it.
std::function<std::optional<std::string>(absl::string_view)> MetadataOf(
    const grpc::ServerContext& context);

// A branch method. INVALID_ARGUMENT when the call carries no branch context; `call` is not made
// then.
grpc::Status ServeBranch(const grpc::ServerContext& context,
                         absl::FunctionRef<Outcome(const BranchContext&)> call);

}  // namespace saga::participants::sdk
