#pragma once

#include "orchestrator/base/time.h"

namespace saga::port {

// The only source of time. Thread-safe. Wall-clock: it may jump, in either direction; nothing
// breaks if it does, a retry only comes earlier or later.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual base::Time Now() = 0;
};

}  // namespace saga::port
