#include "participants/sdk/branch_method.h"

#include <google/protobuf/util/json_util.h>

#include <exception>

#include "absl/strings/str_cat.h"

namespace saga::participants::sdk {
namespace {

// Whether "no" is an answer to this op. The others are called until they succeed (protocol 4.4).
bool MayRefuse(Op op) {
  switch (op) {
    case Op::kAction:
    case Op::kTry:
      return true;
    case Op::kCompensate:
    case Op::kConfirm:
    case Op::kCancel:
    case Op::kCheckBack:
    case Op::kCommit:
    case Op::kRollback:
      return false;
  }
  return false;
}

absl::Status Read(const BranchRequest& request, google::protobuf::Message* payload) {
  switch (request.form) {
    case PayloadForm::kJson:
      return FromJson(request.payload, payload);
    case PayloadForm::kProtobuf:
      if (payload->ParseFromArray(request.payload.data(), static_cast<int>(request.payload.size())))
        return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat("the payload is not a ", payload->GetDescriptor()->full_name()));
  }
  return absl::InternalError("no payload form");
}

}  // namespace

Outcome Run(const BranchMethod& method, const BranchRequest& request) {
  try {
    return method(request);
  } catch (const std::exception& error) {
    return Outcome::Unknown(error.what());
  }
}

absl::Status FromJson(absl::string_view json, google::protobuf::Message* message) {
  if (json.empty()) return absl::OkStatus();
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status =
      google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, message, options);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the body is not a ",
                                                 message->GetDescriptor()->full_name(),
                                                 " as JSON: ", status.ToString()));
}

std::optional<Outcome> ReadPayload(const BranchRequest& request,
                                   google::protobuf::Message* payload) {
  const absl::Status read = Read(request, payload);
  if (read.ok()) return std::nullopt;
  if (MayRefuse(request.branch.op)) return Outcome::FailedForGood(std::string(read.message()));
  payload->Clear();
  return std::nullopt;
}

}  // namespace saga::participants::sdk
