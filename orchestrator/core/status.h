#pragma once

// The life of a global transaction:
//
//              submit                     every action done
//   prepared ----------> submitted -----------------------------> succeed
//      |                     |
//      | abort, timeout      | an action failed, time ran out, retry limit, operator's abort
//      |                     v
//      +----------------> aborting ------------------------------> failed
//                                    every owed undo done
//
// Three arrows more: prepared -> failed for a message that nobody wants any more; prepared ->
// succeed or failed for a workflow, whose client says how it ended; and an operator's forced stop,
// from anywhere -> failed. Retrying is a number on a
// branch, a timeout is a reason; neither is a status.

#include <cstdint>

namespace saga::core {

enum class Status : uint8_t {
  kPrepared = 1,
  kSubmitted = 2,
  kAborting = 3,
  kSucceed = 4,
  kFailed = 5,
};

enum class BranchStatus : uint8_t {
  kPrepared = 1,
  kSucceed = 2,
  kFailed = 3,
};

constexpr bool IsFinal(Status status) {
  return status == Status::kSucceed || status == Status::kFailed;
}

// The arrows named above, and nothing else.
constexpr bool MayChange(Status from, Status to) {
  switch (from) {
    case Status::kPrepared:
      return to != Status::kPrepared;
    case Status::kSubmitted:
      return to == Status::kSucceed || to == Status::kAborting || to == Status::kFailed;
    case Status::kAborting:
      return to == Status::kFailed;
    case Status::kSucceed:
    case Status::kFailed:
      return false;
  }
  return false;
}

}  // namespace saga::core
