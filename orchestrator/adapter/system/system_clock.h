#pragma once

#include "orchestrator/port/clock.h"

namespace saga::adapter {

// The machine's wall clock. Thread-safe.
class SystemClock final : public port::Clock {
 public:
  base::Time Now() override;
};

}  // namespace saga::adapter
