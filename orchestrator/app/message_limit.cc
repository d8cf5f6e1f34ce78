#include "orchestrator/app/message_limit.h"

#include <utility>

namespace saga::app {

std::optional<uint64_t> MessageLimit::Admit(const std::string& kind, base::Time now) {
  absl::MutexLock lock(&mutex_);
  const bool full = kinds_.size() >= kMaxKinds && !kinds_.contains(kind);
  State& state = kinds_[full ? std::string() : kind];
  // The clock may have been set back: a window that begins in the future is over too.
  const bool over = now >= state.window_start + window_ || now < state.window_start;
  if (!state.window_start.IsSet() || over) {
    state.window_start = now;
    state.passed = 0;
  }
  if (state.passed >= burst_) {
    ++state.suppressed;
    return std::nullopt;
  }
  ++state.passed;
  return std::exchange(state.suppressed, 0);
}

}  // namespace saga::app
