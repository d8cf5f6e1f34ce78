#pragma once

#include <cstdint>

namespace saga::core {

// What is known after a branch call. The adapter that made the call decides, from protocol section
// 4, and nobody else.
enum class Outcome : uint8_t {
  kSuccess = 1,
  kFailure = 2,  // the participant says no, for good
  kOngoing = 3,  // the participant says: still working, ask again
  kUnknown = 4,  // no answer, or one that says neither: it may have run
};

// Why a branch op is a dead letter: it is not called again until an operator says so.
enum class DeadReason : uint8_t {
  kNone = 0,           // it is none
  kAttemptsUsed = 1,   // as often called as its attempt limit allows
  kUnknownMethod = 2,  // the participant does not have what the target names
  kContract = 3,       // an answer that the op may not give, or a request that cannot be understood
  kUndecodable = 4,    // the answer, or the message that carried it, makes no sense
};

}  // namespace saga::core
