#pragma once

// How a destination may be called. The defaults are limits of core/limits.h; doc/config.md has the
// keys.

#include <cstddef>
#include <cstdint>

#include "orchestrator/base/time.h"
#include "orchestrator/core/limits.h"

namespace saga::engine {

enum class BreakerState : uint8_t { kClosed = 1, kOpen = 2, kHalfOpen = 3 };

// A breaker opens when, of the calls that ended within `window`, at least `min_calls` did and the
// share of those that failed reaches `failure_ratio`. A call failed when nobody was reached, when
// no answer came in time, or when it took longer than `slow_call`; what a participant answers is no
// failure, whatever it says. Open, it lets nothing through for `open_for`; then, half-open, one
// call as a probe: if that does not fail the breaker closes and forgets, otherwise it stays open
// twice as long as before, up to `max_open_for`.
struct BreakerSettings {
  size_t min_calls = core::kBreakerMinCalls;  // 0: there is no breaker
  double failure_ratio = core::kBreakerFailureRatio;
  base::Duration slow_call;  // 0: no call is too slow
  base::Duration window = core::kBreakerWindow;
  base::Duration open_for = core::kBreakerOpenFor;
  base::Duration max_open_for = core::kBreakerMaxOpenFor;
};

struct LaneSettings {
  size_t in_flight = core::kLaneInFlight;
  size_t queue = core::kLaneQueue;
  double rate = 0;  // calls started per second, in bursts of up to a tenth of a second; 0: no limit
  BreakerSettings breaker;
};

// What an operator set for one destination; zeros: as LaneSettings has it.
struct DestinationSettings {
  bool paused = false;
  size_t in_flight = 0;
  double rate = 0;

  bool operator==(const DestinationSettings&) const = default;
};

}  // namespace saga::engine
