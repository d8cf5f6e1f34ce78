#pragma once

// What became of a branch, as the orchestrator understands it, and how it travels: gRPC status
// (protocol 4.3) and HTTP answer (protocol 4.1).
//
//   done             the change is committed, or an earlier call committed it
//   failed for good  the answer is no and will stay no. A saga's action or a TCC's try then undoes
//   the whole transaction.
//                    From compensate, confirm and cancel it means nothing good: these are called
//                    again until they succeed.
//   try later        not yet; the orchestrator calls again after its retry interval, which stays as
//   it is unknown          something unexpected; it may or may not have happened. The orchestrator
//   calls again, backing off.
//
// Thread safety: values, no shared state.

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace saga::participants::sdk {

enum class OutcomeKind { kDone, kFailedForGood, kTryLater, kUnknown };

// "done", "failed_for_good", "try_later", "unknown": for logs.
absl::string_view Name(OutcomeKind kind);

// Longer reasons are cut: they travel in a header, and the orchestrator stores at most about a
// kilobyte (protocol 7.1).
inline constexpr size_t kMaxReasonBytes = 900;

class [[nodiscard]] Outcome {
 public:
  static Outcome Done() { return Outcome(OutcomeKind::kDone, ""); }
  // `reason` is what the operator and the caller of the transaction will read.
  static Outcome FailedForGood(std::string reason);
  static Outcome TryLater(std::string reason);
  static Outcome Unknown(std::string reason);
  // An error of our own means: OK is done, UNAVAILABLE (a busy database) is try later, everything
  // else unknown. A business refusal is said with FailedForGood, never guessed from a status.
  static Outcome From(const absl::Status& status);

  OutcomeKind kind() const { return kind_; }
  bool ok() const { return kind_ == OutcomeKind::kDone; }
  const std::string& reason() const { return reason_; }  // empty when done

  friend bool operator==(const Outcome&, const Outcome&) = default;

 private:
  Outcome(OutcomeKind kind, std::string reason);

  OutcomeKind kind_;
  std::string reason_;
};

// What a participant answers. The code is the gRPC status code: OK, ABORTED, FAILED_PRECONDITION,
// INTERNAL.
absl::Status ToGrpcStatus(const Outcome& outcome);

struct HttpAnswer {
  int status = 200;
  std::string body;  // JSON
};
// 200 {"dtm_result":"SUCCESS"}, 409 with FAILURE in the body, 425 with ONGOING, 500 with neither:
// the orchestrator looks for these words in any body, so a reason that happens to contain them is
// written in small letters.
HttpAnswer ToHttpAnswer(const Outcome& outcome);

// What an orchestrator, or a TCC client that calls a try, makes of an answer.
Outcome FromGrpcStatus(const absl::Status& status);
Outcome FromHttpAnswer(int status, absl::string_view body);

}  // namespace saga::participants::sdk
