#include "participants/sdk/xa_skin.h"

#include <exception>
#include <optional>
#include <utility>

#include "participants/sdk/grpc_skin.h"
#include "participants/sdk/json_skin.h"

namespace saga::participants::sdk {

HttpResponse ServeXa(const HttpRequest& http, XaResource& resource,
                     absl::FunctionRef<Outcome(Transaction&, absl::string_view body)> work) {
  const absl::StatusOr<XaContext> context = ReadXaContext(
      ContextSource::kHttpQuery, [&](absl::string_view name) { return http.Query(name); });
  if (!context.ok()) return ErrorResponse(context.status());
  Outcome outcome = Outcome::Done();
  try {
    outcome = resource.Serve(*context, [&](Transaction& tx) { return work(tx, http.body); });
  } catch (const std::exception& error) {
    outcome = Outcome::Unknown(error.what());
  }
  HttpAnswer answer = ToHttpAnswer(outcome);
  return {.status = answer.status, .body = std::move(answer.body)};
}

grpc::Status ServeXa(const grpc::ServerContext& context, XaResource& resource,
                     absl::FunctionRef<Outcome(Transaction&)> work) {
  const absl::StatusOr<XaContext> branch =
      ReadXaContext(ContextSource::kGrpcMetadata, MetadataOf(context));
  if (!branch.ok()) return ToGrpc(branch.status());
  try {
    return ToGrpc(ToGrpcStatus(resource.Serve(*branch, work)));
  } catch (const std::exception& error) {
    return ToGrpc(ToGrpcStatus(Outcome::Unknown(error.what())));
  }
}

}  // namespace saga::participants::sdk
