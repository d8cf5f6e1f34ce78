#pragma once

// The rate limit of a lane: a token bucket as plain arithmetic, without clock or lock.

#include "orchestrator/base/time.h"

namespace saga::engine {

// A call costs a token. Tokens come at a steady rate, and at most a tenth of a second's worth of
// them (but at least one) is kept: so many calls may start at once after a quiet time. Over any
// length of time no more start than the rate allows plus that many. Not thread-safe: its lane's
// lock guards it. A clock that is set back brings no tokens until it moves on.
class RateLimit {
 public:
  // From now on `rate` calls per second; 0: no limit. A limit where there was none begins with a
  // full bucket; a changed one goes on with the tokens there are.
  void Set(double rate, base::Time now);

  bool limited() const { return rate_ > 0; }
  double rate() const { return rate_; }

  // Whether a call may start.
  bool HasToken(base::Time now);
  // A call starts. Only after HasToken said so.
  void Take();
  // When the next token comes, at the latest: `now` if there is one.
  base::Time NextToken(base::Time now);

 private:
  void Refill(base::Time now);
  double Capacity() const;

  double rate_ = 0;
  double tokens_ = 0;
  base::Time refilled_;
};

}  // namespace saga::engine
