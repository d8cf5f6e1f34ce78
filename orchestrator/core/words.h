#pragma once

// The words of the protocol for the core's enums: what clients, participants, queries, logs and
// metrics read (protocol 5.1 and 8.3). Numbers of these enums never leave the process, words do. A
// value outside of the enum becomes an empty word.

#include <string_view>

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

}  // namespace saga::core
