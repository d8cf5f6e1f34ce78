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

}  // namespace saga::core
