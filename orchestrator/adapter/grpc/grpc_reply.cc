#include "orchestrator/adapter/grpc/grpc_reply.h"

#include <array>
#include <string>
#include <string_view>

#include "orchestrator/core/reply_text.h"

namespace saga::adapter {
namespace {

constexpr std::array<std::string_view, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

constexpr int kOk = 0;
constexpr int kCancelled = 1;
constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kFailedPrecondition = 9;
constexpr int kAborted = 10;
constexpr int kOutOfRange = 11;
constexpr int kUnimplemented = 12;
constexpr int kUnavailable = 14;
constexpr int kPhpFailure = 409;
constexpr int kPhpOngoing = 425;

core::Outcome OutcomeOf(int code, std::string_view message) {
  switch (code) {
    case kOk:
      return core::Outcome::kSuccess;
    case kAborted:
      return message == "ONGOING" ? core::Outcome::kOngoing : core::Outcome::kFailure;
    case kPhpFailure:
      return core::Outcome::kFailure;
    case kFailedPrecondition:
    case kPhpOngoing:
      return core::Outcome::kOngoing;
    default:
      return core::Outcome::kUnknown;
  }
}

// What gRPC says itself about a call and what the participant answers come in the same codes; these
// are next to always gRPC's own words.
port::Reach ReachOf(int code) {
  switch (code) {
    case kUnavailable:
    case kCancelled:  // we never cancel: the stream was reset
      return port::Reach::kUnreachable;
    case kDeadlineExceeded:
      return port::Reach::kTimedOut;
    default:
      return port::Reach::kAnswered;
  }
}

core::DeadReason HopelessOf(int code) {
  switch (code) {
    case kUnimplemented:
      return core::DeadReason::kUnknownMethod;
    case kInvalidArgument:
    case kOutOfRange:
      return core::DeadReason::kContract;
    default:
      return core::DeadReason::kNone;
  }
}

}  // namespace

port::BranchReply GrpcReply(int code, std::string_view message) {
  port::BranchReply reply;
  reply.outcome = OutcomeOf(code, message);
  switch (reply.outcome) {
    case core::Outcome::kSuccess:
      break;
    case core::Outcome::kFailure:
    case core::Outcome::kOngoing:
      reply.text = core::ReplyText(reply.outcome, message, core::kLargestReason);
      break;
    case core::Outcome::kUnknown:
      reply.text =
          core::ReplyText(reply.outcome, GrpcErrorText(code, message), core::kLargestReason);
      reply.reach = ReachOf(code);
      reply.hopeless = HopelessOf(code);
      break;
  }
  return reply;
}

std::string GrpcErrorText(int code, std::string_view message) {
  std::string text = "rpc error: code = ";
  if (code >= 0 && static_cast<size_t>(code) < kCodeNames.size()) {
    text += kCodeNames[static_cast<size_t>(code)];
  } else {
    text += "Code(" + std::to_string(code) + ")";
  }
  text += " desc = ";
  text += message;
  return text;
}

}  // namespace saga::adapter
