#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/clock.h"

namespace saga::app {

// Whether this server should be sent work: the store answers, start is over and stopping has not
// begun. Nothing else: a participant that is down is no reason to send clients away. Liveness is
// less, namely that the process answers at all (business.md pain 26: a process must not be
// restarted because something else is down).
//
// The store is asked when somebody asks, at most once a second; an idle server leaves it alone.
//
// Thread-safe.
class Readiness {
 public:
  // `ping` asks the store; any thread.
  Readiness(port::Clock& clock, std::function<absl::Status()> ping)
      : clock_(clock), ping_(std::move(ping)) {}

  // The state at birth is not ready.
  void SetServing();
  // For good.
  void SetDraining();

  // Ok, or Unavailable with the reason.
  absl::Status Check();

 private:
  enum class State : uint8_t { kStarting, kServing, kDraining };

  port::Clock& clock_;
  const std::function<absl::Status()> ping_;
  absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kStarting;
  base::Time asked_ ABSL_GUARDED_BY(mutex_);
  absl::Status answer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::app
