#pragma once

#include <atomic>

#include "orchestrator/base/time.h"
#include "orchestrator/port/clock.h"

namespace saga::api {

// Stands still until it is moved. Thread-safe.
class ManualClock final : public port::Clock {
 public:
  base::Time Now() override { return base::Time{now_.load()}; }
  void Advance(base::Duration by) { now_ += by.micros; }

 private:
  std::atomic<int64_t> now_{base::Seconds(1'700'000'000).micros};
};

}  // namespace saga::api
