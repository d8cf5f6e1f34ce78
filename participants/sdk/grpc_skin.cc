#include "participants/sdk/grpc_skin.h"

#include <exception>

namespace saga::participants::sdk {

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

std::function<std::optional<std::string>(absl::string_view)> MetadataOf(
    const grpc::ServerContext& context) {
  return [&metadata =
              context.client_metadata()](absl::string_view name) -> std::optional<std::string> {
    const auto found = metadata.find(grpc::string_ref(name.data(), name.size()));
    if (found == metadata.end()) return std::nullopt;
    return std::string(found->second.data(), found->second.size());
  };
}

grpc::Status ServeBranch(const grpc::ServerContext& context,
                         absl::FunctionRef<Outcome(const BranchContext&)> call) {
  const absl::StatusOr<BranchContext> branch =
      ReadBranchContext(ContextSource::kGrpcMetadata, MetadataOf(context));
  if (!branch.ok()) return ToGrpc(branch.status());
  try {
    return ToGrpc(ToGrpcStatus(call(*branch)));
  } catch (const std::exception& error) {
    return ToGrpc(ToGrpcStatus(Outcome::Unknown(error.what())));
  }
}

}  // namespace saga::participants::sdk
