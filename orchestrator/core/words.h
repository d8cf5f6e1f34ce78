#pragma once

// The words for the core's enums: what clients, participants, operators, queries, logs and metrics
// read (protocol 5.1 and 8.3), and the way back. Numbers of these enums never leave the process,
// words do. A value outside of the enum becomes an empty word.

#include <array>
#include <optional>
#include <string_view>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/outcome.h"
#include "orchestrator/core/status.h"

namespace saga::core {

constexpr std::string_view WordOf(Mode mode) {
  switch (mode) {
    case Mode::kSaga:
      return "saga";
    case Mode::kTcc:
      return "tcc";
    case Mode::kMessage:
      return "msg";
    case Mode::kXa:
      return "xa";
    case Mode::kWorkflow:
      return "workflow";
  }
  return "";
}

constexpr std::string_view WordOf(Op op) {
  switch (op) {
    case Op::kAction:
      return "action";
    case Op::kCompensate:
      return "compensate";
    case Op::kConfirm:
      return "confirm";
    case Op::kCancel:
      return "cancel";
    case Op::kQuery:
      return "msg";
    case Op::kTry:
      return "try";
    case Op::kCommit:
      return "commit";
    case Op::kRollback:
      return "rollback";
    case Op::kCallback:
      return "callback";
    case Op::kBusiness:
      return "business";
  }
  return "";
}

constexpr std::string_view WordOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kHttp:
      return "http";
    case Protocol::kGrpc:
      return "grpc";
    case Protocol::kJsonRpc:
      return "json-rpc";
  }
  return "";
}

constexpr std::string_view WordOf(Status status) {
  switch (status) {
    case Status::kPrepared:
      return "prepared";
    case Status::kSubmitted:
      return "submitted";
    case Status::kAborting:
      return "aborting";
    case Status::kSucceed:
      return "succeed";
    case Status::kFailed:
      return "failed";
  }
  return "";
}

constexpr std::string_view WordOf(BranchStatus status) {
  switch (status) {
    case BranchStatus::kPrepared:
      return "prepared";
    case BranchStatus::kSucceed:
      return "succeed";
    case BranchStatus::kFailed:
      return "failed";
  }
  return "";
}

constexpr std::string_view WordOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSuccess:
      return "success";
    case Outcome::kFailure:
      return "failure";
    case Outcome::kOngoing:
      return "ongoing";
    case Outcome::kUnknown:
      return "unknown";
  }
  return "";
}

// kNone is the empty word too.
constexpr std::string_view WordOf(DeadReason reason) {
  switch (reason) {
    case DeadReason::kNone:
      return "";
    case DeadReason::kAttemptsUsed:
      return "attempts_used";
    case DeadReason::kUnknownMethod:
      return "unknown_method";
    case DeadReason::kContract:
      return "contract";
    case DeadReason::kUndecodable:
      return "undecodable";
  }
  return "";
}

constexpr std::string_view WordOf(HistoryKind kind) {
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

// All there are.
inline constexpr std::array kModes = {Mode::kSaga, Mode::kTcc, Mode::kMessage, Mode::kXa,
                                      Mode::kWorkflow};
inline constexpr std::array kOps = {Op::kAction,   Op::kCompensate, Op::kConfirm, Op::kCancel,
                                    Op::kQuery,    Op::kTry,        Op::kCommit,  Op::kRollback,
                                    Op::kCallback, Op::kBusiness};

// The value whose word is `word`; nullopt: there is none. WordOf is the only table, this reads it
// backwards: the numbers of these enums begin at 1 and have no gaps.
template <typename Enum>
constexpr std::optional<Enum> FromWord(std::string_view word) {
  for (unsigned number = 1;; ++number) {
    const auto value = static_cast<Enum>(number);
    const std::string_view known = WordOf(value);
    if (known.empty()) return std::nullopt;
    if (known == word) return value;
  }
}

}  // namespace saga::core
