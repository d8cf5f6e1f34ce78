#pragma once

// Forgets transactions that ended longer ago than they are to be kept: a few at a time, with pauses
// several times as long as the work, so that commits hardly notice. Who has nothing to forget looks
// once in a while.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "orchestrator/base/time.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/executor.h"
#include "orchestrator/port/retention.h"

namespace saga::engine {

inline constexpr size_t kForgetAtOnce = 128;  // ended transactions deleted by one commit

// Thread safety: Start and Stop from one thread; the counts from any.
class RetentionSweep {
 public:
  struct Ports {
    port::Retention* store = nullptr;
    port::Clock* clock = nullptr;
    port::Executor* executor = nullptr;
  };

  // The ports outlive this. `keep` is longer than nothing.
  RetentionSweep(const Ports& ports, base::Duration keep);
  // As Stop.
  ~RetentionSweep();

  void Start();
  // Waits for a call to the store that is under way.
  void Stop();

  // Transactions forgotten since the start, and calls that failed: those are made again.
  uint64_t forgotten() const { return forgotten_.load(); }
  uint64_t failures() const { return failures_.load(); }

 private:
  void Body();
  // What to wait before the next call, after this one.
  base::Duration Sweep();

  const Ports ports_;
  const base::Duration keep_;
  const base::Duration between_passes_;
  base::Time next_;  // strand only
  std::atomic<uint64_t> forgotten_{0};
  std::atomic<uint64_t> failures_{0};
  std::unique_ptr<port::Strand> strand_;
};

}  // namespace saga::engine
