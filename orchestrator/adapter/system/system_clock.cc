#include "orchestrator/adapter/system/system_clock.h"

#include <ctime>

namespace saga::adapter {

base::Time SystemClock::Now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return base::Time{static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000};
}

}  // namespace saga::adapter
