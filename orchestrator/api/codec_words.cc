#include "orchestrator/api/codec_words.h"

#include <array>
#include <cstddef>

namespace saga::api {

namespace {

using core::BranchStatus;
using core::HistoryKind;
using core::Mode;
using core::Op;
using core::Outcome;
using core::Protocol;
using core::Status;

// The value among `values` whose word is `word`: WordOf is the only table, this reads it backwards.
template <typename Value, size_t n>
std::optional<Value> Find(const std::array<Value, n>& values, std::string_view word) {
  for (const Value value : values) {
    if (WordOf(value) == word) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Mode> ModeFromWord(std::string_view word) { return Find(kModes, word); }

std::optional<Op> OpFromWord(std::string_view word) { return Find(kOps, word); }

std::optional<Status> StatusFromWord(std::string_view word) {
  return Find(std::array{Status::kPrepared, Status::kSubmitted, Status::kAborting, Status::kSucceed,
                         Status::kFailed},
              word);
}

std::optional<BranchStatus> BranchStatusFromWord(std::string_view word) {
  return Find(std::array{BranchStatus::kPrepared, BranchStatus::kSucceed, BranchStatus::kFailed},
              word);
}

std::optional<Outcome> OutcomeFromWord(std::string_view word) {
  return Find(
      std::array{Outcome::kSuccess, Outcome::kFailure, Outcome::kOngoing, Outcome::kUnknown}, word);
}

std::optional<Protocol> ProtocolFromWord(std::string_view word) {
  if (word.empty()) return Protocol::kHttp;
  return Find(std::array{Protocol::kHttp, Protocol::kGrpc, Protocol::kJsonRpc}, word);
}

std::string_view WordOf(HistoryKind kind) {
  switch (kind) {
    case HistoryKind::kPrepared:
      return "prepared";
    case HistoryKind::kSubmitted:
      return "submitted";
    case HistoryKind::kRegistered:
      return "registered";
    case HistoryKind::kAnswered:
      return "answered";
    case HistoryKind::kAborting:
      return "aborting";
    case HistoryKind::kEnded:
      return "ended";
    case HistoryKind::kAbortRequested:
      return "abort_requested";
    case HistoryKind::kRetryRequested:
      return "retry_now";
    case HistoryKind::kForceStopped:
      return "force_stopped";
    case HistoryKind::kDead:
      return "dead";
    case HistoryKind::kReplayed:
      return "replayed";
    case HistoryKind::kEdited:
      return "edited";
    case HistoryKind::kResolved:
      return "resolved";
    case HistoryKind::kDiscarded:
      return "discarded";
    case HistoryKind::kFallback:
      return "fallback";
  }
  return "";
}

std::optional<HistoryKind> HistoryKindFromWord(std::string_view word) {
  return Find(std::array{HistoryKind::kPrepared, HistoryKind::kSubmitted, HistoryKind::kRegistered,
                         HistoryKind::kAnswered, HistoryKind::kAborting, HistoryKind::kEnded,
                         HistoryKind::kAbortRequested, HistoryKind::kRetryRequested,
                         HistoryKind::kForceStopped, HistoryKind::kDead, HistoryKind::kReplayed,
                         HistoryKind::kEdited, HistoryKind::kResolved, HistoryKind::kDiscarded,
                         HistoryKind::kFallback},
              word);
}

}  // namespace saga::api
