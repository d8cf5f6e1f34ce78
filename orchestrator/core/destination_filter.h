#pragma once

// The filter language where it is about destinations instead of transactions: the fields dest and
// state, where state is one of closed, open, half_open and paused.
//
// Pure functions over plain data. Thread-safe.

#include <string_view>

#include "absl/status/statusor.h"
#include "orchestrator/core/filter.h"

namespace saga::core {

// As ParseFilter, with its errors.
absl::StatusOr<Filter> ParseDestinationFilter(std::string_view text);

// `state` is the breaker's, or "paused" for a destination that is. A filter made by ParseFilter may
// have conditions that no destination meets.
bool MatchesDestination(const Filter& filter, std::string_view destination, std::string_view state);

}  // namespace saga::core
