#pragma once

#include <functional>
#include <memory>
#include <string>

#include "orchestrator/port/executor.h"

namespace saga::adapter {

// Every strand is a thread. An idle strand sleeps in the kernel until it is notified or its wake
// time comes; it never looks around in between. A Notify that finds the body already scheduled
// costs one atomic operation.
//
// Wake times are wall-clock, but the sleep is measured on the monotonic clock: a jump of the wall
// clock during a sleep does not move its end.
class ThreadExecutor final : public port::Executor {
 public:
  std::unique_ptr<port::Strand> NewStrand(std::string name, std::function<void()> body) override;
  void Pause(base::Duration time) override;
};

}  // namespace saga::adapter
