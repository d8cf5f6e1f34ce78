#include "orchestrator/engine/retention_sweep.h"

#include <algorithm>

namespace saga::engine {

namespace {

// A tenth of the time that transactions are kept, within these.
constexpr base::Duration kShortestPass = base::Seconds(1);
constexpr base::Duration kLongestPass = base::Seconds(60);
// After the store did not answer.
constexpr base::Duration kFailurePause = base::Seconds(10);
// Between two calls of a pass: so many times what the first took, and at least this. The clock is
// the wall's: one that jumped has measured nothing.
constexpr int64_t kRestRatio = 4;
constexpr base::Duration kShortestRest = base::Millis(5);
constexpr base::Duration kLongestRest = base::Seconds(5);

}  // namespace

RetentionSweep::RetentionSweep(const Ports& ports, base::Duration keep)
    : ports_(ports),
      keep_(keep),
      between_passes_(std::clamp(base::Micros(keep.micros / 10), kShortestPass, kLongestPass)) {}

RetentionSweep::~RetentionSweep() { Stop(); }

void RetentionSweep::Start() {
  strand_ = ports_.executor->NewStrand("retention", [this] { Body(); });
  // What a start has to carry on comes first.
  next_ = ports_.clock->Now() + between_passes_;
  strand_->Notify();
}

void RetentionSweep::Stop() {
  if (strand_ != nullptr) strand_->Stop();
  strand_.reset();
}

void RetentionSweep::Body() {
  if (ports_.clock->Now() >= next_) {
    const base::Duration rest = Sweep();
    next_ = ports_.clock->Now() + rest;
  }
  // A clock that was set back does not make it wait for longer than a pass.
  next_ = std::min(next_, ports_.clock->Now() + kLongestPass);
  strand_->WakeAt(next_);
}

base::Duration RetentionSweep::Sweep() {
  const base::Time begin = ports_.clock->Now();
  const absl::StatusOr<port::Forgotten> result =
      ports_.store->DeleteFinished(begin - keep_, kForgetAtOnce);
  if (!result.ok()) {
    ++failures_;
    return kFailurePause;
  }
  forgotten_ += result->transactions;
  if (result->complete) return between_passes_;
  const base::Duration took = ports_.clock->Now() - begin;
  return std::clamp(
      base::Micros(std::clamp<int64_t>(took.micros, 0, kLongestRest.micros) * kRestRatio),
      kShortestRest, kLongestRest);
}

}  // namespace saga::engine
