#pragma once

// How many lines of one kind the log may get: a participant that is down must not turn every retry
// of a thousand transactions into a line of its own.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/base/time.h"

namespace saga::app {

// Thread-safe.
class MessageLimit {
 public:
  // Of each kind, `burst` messages pass in every `window`.
  MessageLimit(size_t burst, base::Duration window) : burst_(burst), window_(window) {}

  // Nothing: leave the message out. Otherwise write it, together with the number of messages of
  // this kind that were left out since the last one that passed.
  std::optional<uint64_t> Admit(const std::string& kind, base::Time now);

 private:
  // Kinds known at once; more share one.
  static constexpr size_t kMaxKinds = 1000;

  struct State {
    base::Time window_start;
    size_t passed = 0;
    uint64_t suppressed = 0;
  };

  const size_t burst_;
  const base::Duration window_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, State> kinds_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::app
