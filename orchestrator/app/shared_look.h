#pragma once

// What a node of a shared store looks at now and then because others change it: one strand with a
// period. There is none where the store is this process's alone, which idles without reading.

#include <functional>
#include <memory>
#include <vector>

#include "orchestrator/port/clock.h"
#include "orchestrator/port/executor.h"

namespace saga::app {

// Not thread-safe; the looks run on the strand, one after another, and may wait for the store.
class SharedLook {
 public:
  using Look = std::function<void()>;

  // Looks at once, and every core::kSharedLook from then on. The ports outlive this.
  SharedLook(port::Executor& executor, port::Clock& clock, std::vector<Look> looks);
  // After this none of them runs any more.
  ~SharedLook();

 private:
  void Body();

  port::Clock& clock_;
  const std::vector<Look> looks_;
  std::unique_ptr<port::Strand> strand_;
};

}  // namespace saga::app
