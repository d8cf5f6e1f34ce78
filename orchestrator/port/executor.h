#pragma once

// Threads, as the engine sees them. In the server every strand is a thread; under the simulator all
// strands share one thread and one simulated clock, which is how the production engine runs there
// unchanged.

#include <functional>
#include <memory>
#include <string>

#include "orchestrator/base/time.h"

namespace saga::port {

// A body that never runs twice at the same time.
class Strand {
 public:
  virtual ~Strand() = default;

  // The body runs at least once after this call began. Any thread, never blocks. Calls that come
  // before the body has started count as one.
  virtual void Notify() = 0;

  // The body runs soon after `when` too, without a Notify. Only from inside the body; replaces what
  // was set before; base::kNever takes it back.
  virtual void WakeAt(base::Time when) = 0;

  // After this returns the body is not running and never runs again. Not from inside the body.
  virtual void Stop() = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // `name` shows up as the thread's name (15 characters count). `body` is first run after the first
  // Notify.
  virtual std::unique_ptr<Strand> NewStrand(std::string name, std::function<void()> body) = 0;

  // The calling strand does nothing for `time`; what it is notified of meanwhile counts as one.
  // Only from inside a body, and for a short time: its thread is blocked.
  virtual void Pause(base::Duration time) = 0;
};

}  // namespace saga::port
