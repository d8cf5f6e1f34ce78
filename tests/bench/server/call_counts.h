#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace saga::bench {

// How often each method or path was called. Thread-safe. Remembers the first kMaxNames names; calls
// of further ones are counted together under "other".
class CallCounts {
 public:
  static constexpr size_t kMaxNames = 1000;

  void Add(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  [[nodiscard]] std::map<std::string, int64_t> Read() const ABSL_LOCKS_EXCLUDED(mutex_);
  // {"total":N,"calls":{name:N,...}}
  [[nodiscard]] std::string Json() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, int64_t> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::bench
