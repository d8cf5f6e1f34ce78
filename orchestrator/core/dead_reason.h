#pragma once

// The words for why a branch op is a dead letter: what operators, messages and metrics read. A
// value outside of the enum becomes an empty word, like kNone.

#include <string_view>

#include "orchestrator/core/outcome.h"

namespace saga::core {

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

}  // namespace saga::core
