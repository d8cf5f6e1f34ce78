#include "participants/sdk/outcome.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "orchestrator/base/utf8.h"

namespace saga::participants::sdk {
namespace {

constexpr absl::string_view kFailureWord = "FAILURE";
constexpr absl::string_view kOngoingWord = "ONGOING";

// The words that decide may not come from a reason.
std::string Defuse(const std::string& reason) {
  return absl::StrReplaceAll(reason, {{kFailureWord, "failure"}, {kOngoingWord, "ongoing"}});
}

std::string Body(absl::string_view result, const std::string& message) {
  nlohmann::ordered_json body;
  if (!result.empty()) body["dtm_result"] = std::string(result);
  if (!message.empty()) body["message"] = Defuse(message);
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

absl::string_view Name(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kDone:
      return "done";
    case OutcomeKind::kFailedForGood:
      return "failed_for_good";
    case OutcomeKind::kTryLater:
      return "try_later";
    case OutcomeKind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

Outcome::Outcome(OutcomeKind kind, std::string reason) : kind_(kind), reason_(std::move(reason)) {
  base::CutTo(reason_, kMaxReasonBytes);
}

Outcome Outcome::FailedForGood(std::string reason) {
  return Outcome(OutcomeKind::kFailedForGood, std::move(reason));
}

Outcome Outcome::TryLater(std::string reason) {
  return Outcome(OutcomeKind::kTryLater, std::move(reason));
}

Outcome Outcome::Unknown(std::string reason) {
  return Outcome(OutcomeKind::kUnknown, std::move(reason));
}

Outcome Outcome::From(const absl::Status& status) {
  if (status.ok()) return Done();
  if (absl::IsUnavailable(status)) return TryLater(std::string(status.message()));
  return Unknown(std::string(status.message()));
}

absl::Status ToGrpcStatus(const Outcome& outcome) {
  switch (outcome.kind()) {
    case OutcomeKind::kDone:
      return absl::OkStatus();
    case OutcomeKind::kFailedForGood:
      // Older participants say "ongoing" as ABORTED with exactly this word, so a reason must not
      // look like it.
      return absl::AbortedError(outcome.reason() == kOngoingWord ? Defuse(outcome.reason())
                                                                 : outcome.reason());
    case OutcomeKind::kTryLater:
      return absl::FailedPreconditionError(outcome.reason());
    case OutcomeKind::kUnknown:
      return absl::InternalError(outcome.reason());
  }
  return absl::InternalError(outcome.reason());
}

HttpAnswer ToHttpAnswer(const Outcome& outcome) {
  switch (outcome.kind()) {
    case OutcomeKind::kDone:
      return {200, Body("SUCCESS", "")};
    case OutcomeKind::kFailedForGood:
      return {409, Body(kFailureWord, outcome.reason())};
    case OutcomeKind::kTryLater:
      return {425, Body(kOngoingWord, outcome.reason())};
    case OutcomeKind::kUnknown:
      return {500, Body("", outcome.reason().empty() ? "unexpected error" : outcome.reason())};
  }
  return {500, Body("", outcome.reason())};
}

Outcome FromGrpcStatus(const absl::Status& status) {
  if (status.ok()) return Outcome::Done();
  std::string message(status.message());
  if (absl::IsFailedPrecondition(status)) return Outcome::TryLater(std::move(message));
  if (absl::IsAborted(status)) {
    return message == kOngoingWord ? Outcome::TryLater("")
                                   : Outcome::FailedForGood(std::move(message));
  }
  return Outcome::Unknown(absl::StrCat(absl::StatusCodeToString(status.code()), ": ", message));
}

Outcome FromHttpAnswer(int status, absl::string_view body) {
  std::string text(absl::StripAsciiWhitespace(body));
  if (status == 425 || absl::StrContains(body, kOngoingWord))
    return Outcome::TryLater(std::move(text));
  if (status == 409 || absl::StrContains(body, kFailureWord))
    return Outcome::FailedForGood(std::move(text));
  if (status == 200) return Outcome::Done();
  return Outcome::Unknown(absl::StrCat("HTTP ", status, ": ", text));
}

}  // namespace saga::participants::sdk
