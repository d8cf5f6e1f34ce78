#include "participants/sdk/json_skin.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <optional>

namespace saga::participants::sdk {
namespace {

int HttpStatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kFailedPrecondition:
      return 412;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kDoNotUseReservedForFutureExpansionUseDefaultInSwitchInstead_:
      return 500;
  }
  return 500;
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for Any with an unknown type, which our messages do not have.
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "{}";
}

HttpResponse ErrorResponse(const absl::Status& status) {
  const nlohmann::json body = {{"message", std::string(status.message())}};
  return {.status = HttpStatusOf(status.code()),
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

HttpResponse ServeBranch(const HttpRequest& http, const BranchMethod& method) {
  const absl::StatusOr<BranchContext> context = ReadBranchContext(
      ContextSource::kHttpQuery,
      [&](absl::string_view name) -> std::optional<std::string> { return http.Query(name); });
  if (!context.ok()) return ErrorResponse(context.status());
  const Outcome outcome =
      Run(method,
          {.branch = *context, .form = PayloadForm::kJson, .payload = http.body, .headers = {}});
  HttpAnswer answer = ToHttpAnswer(outcome);
  return {.status = answer.status, .body = std::move(answer.body)};
}

}  // namespace saga::participants::sdk
