#include "orchestrator/engine/breaker.h"

#include <algorithm>

#include "orchestrator/base/check.h"

namespace saga::engine {

Breaker::Breaker(const BreakerSettings& settings)
    : settings_(settings),
      bucket_micros_(std::max<int64_t>(settings.window.micros / static_cast<int64_t>(kBuckets), 1)),
      next_open_(settings.open_for) {}

bool Breaker::Passes(base::Time now) const {
  switch (state_) {
    case BreakerState::kClosed:
      return true;
    case BreakerState::kOpen:
      // A clock that was set back must not keep it open for as long as that.
      return now >= open_until_ || now < opened_at_;
    case BreakerState::kHalfOpen:
      return false;
  }
  SAGA_CHECK(false);
}

Breaker::Ticket Breaker::Start(base::Time now) {
  if (state_ != BreakerState::kClosed) {
    SAGA_CHECK(Passes(now));
    state_ = BreakerState::kHalfOpen;
  }
  return era_;
}

Breaker::Change Breaker::End(Ticket ticket, bool failed, base::Time now) {
  if (ticket != era_ || settings_.min_calls == 0) return Change::kNone;
  if (state_ == BreakerState::kHalfOpen) {  // the probe: nothing else has this era's ticket
    if (failed) {
      Open(now);
      return Change::kOpened;
    }
    Reset();
    return Change::kClosed;
  }
  Count(failed, now);
  if (!MustOpen(now)) return Change::kNone;
  Open(now);
  return Change::kOpened;
}

void Breaker::Reset() {
  state_ = BreakerState::kClosed;
  ++era_;
  buckets_.fill({});
  last_failure_ = -1;
  opened_at_ = {};
  open_until_ = {};
  next_open_ = settings_.open_for;
}

uint32_t Breaker::FailurePercent(base::Time now) const {
  const Sum sum = SumUp(now);
  return sum.calls == 0 ? 0 : static_cast<uint32_t>(sum.failed * 100 / sum.calls);
}

void Breaker::Count(bool failed, base::Time now) {
  const int64_t number = now.micros / bucket_micros_;
  Bucket& bucket = buckets_[static_cast<size_t>(number) % kBuckets];
  if (bucket.number != number) bucket = {number, 0, 0};
  ++bucket.calls;
  if (!failed) return;
  ++bucket.failed;
  last_failure_ = number;
}

Breaker::Sum Breaker::SumUp(base::Time now) const {
  const int64_t number = now.micros / bucket_micros_;
  Sum sum;
  for (const Bucket& bucket : buckets_) {
    const bool within =
        bucket.number <= number && bucket.number > number - static_cast<int64_t>(kBuckets);
    if (!within) continue;
    sum.calls += bucket.calls;
    sum.failed += bucket.failed;
  }
  return sum;
}

bool Breaker::MustOpen(base::Time now) const {
  // The everyday case, without a sum: nothing has failed lately.
  if (last_failure_ < 0 ||
      now.micros / bucket_micros_ - last_failure_ >= static_cast<int64_t>(kBuckets)) {
    return false;
  }
  const Sum sum = SumUp(now);
  return sum.failed > 0 && sum.calls >= settings_.min_calls &&
         static_cast<double>(sum.failed) >=
             settings_.failure_ratio * static_cast<double>(sum.calls);
}

void Breaker::Open(base::Time now) {
  state_ = BreakerState::kOpen;
  ++era_;
  opened_at_ = now;
  open_until_ = now + next_open_;
  const base::Duration longest = std::max(settings_.open_for, settings_.max_open_for);
  next_open_ = std::min(next_open_ + next_open_, longest);
}

}  // namespace saga::engine
