#pragma once

// The circuit breaker of a lane, as rules over plain data: it knows neither clock nor lock, and
// makes no calls. BreakerSettings says when it opens and closes.

#include <array>
#include <cstddef>
#include <cstdint>

#include "orchestrator/base/time.h"
#include "orchestrator/engine/lane_settings.h"

namespace saga::engine {

// Not thread-safe: its lane's lock guards it. Times come in as arguments; a clock that jumps makes
// a window or an opening shorter or longer once, and nothing else.
class Breaker {
 public:
  // Handed out with each call that starts, given back with its end. It tells results of calls that
  // started before the breaker last changed its mind, which say nothing any more, from those that
  // count.
  using Ticket = uint64_t;

  enum class Change : uint8_t { kNone, kOpened, kClosed };

  explicit Breaker(const BreakerSettings& settings);

  BreakerState state() const { return state_; }

  // Whether a call may start: always while closed, once when an opening is over (that call is the
  // probe), never while a probe is out.
  bool Passes(base::Time now) const;

  // A call starts. Only when Passes.
  Ticket Start(base::Time now);

  // A call ended. `failed` as BreakerSettings has it.
  Change End(Ticket ticket, bool failed, base::Time now);

  // Closes it and forgets what was.
  void Reset();

  // When the present opening is over; not set while closed.
  base::Time open_until() const { return open_until_; }

  // Of the calls that ended within the window, the share that failed. While it is open: as it was
  // when it opened, as far as that is still within the window.
  uint32_t FailurePercent(base::Time now) const;

 private:
  static constexpr size_t kBuckets = 10;

  // What ended within one tenth of the window.
  struct Bucket {
    int64_t number = -1;  // of the tenth, counted from the epoch
    uint32_t calls = 0;
    uint32_t failed = 0;
  };
  struct Sum {
    uint64_t calls = 0;
    uint64_t failed = 0;
  };

  void Count(bool failed, base::Time now);
  Sum SumUp(base::Time now) const;
  bool MustOpen(base::Time now) const;
  void Open(base::Time now);

  const BreakerSettings settings_;
  const int64_t bucket_micros_;
  BreakerState state_ = BreakerState::kClosed;
  Ticket era_ = 0;  // changes whenever older results lose their meaning
  std::array<Bucket, kBuckets> buckets_;
  int64_t last_failure_ = -1;  // number of the bucket that has it; -1: none
  base::Time opened_at_;
  base::Time open_until_;
  base::Duration next_open_;  // how long the next opening lasts
};

}  // namespace saga::engine
