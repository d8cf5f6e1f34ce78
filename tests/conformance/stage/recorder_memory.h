#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/conformance/stage/recorder.h"

namespace saga::conformance {

// What a Recorder remembers and was told, shared by its two doors. Thread-safe.
class RecorderMemory {
 public:
  void Answer(const std::string& path, std::vector<Reply> replies);
  // Remembers the call and says how to answer it.
  Reply Take(Call call);
  std::vector<Call> Calls() const;
  std::vector<Call> CallsOf(const std::string& gid) const;
  bool WaitForCalls(const std::string& gid, size_t count, absl::Duration timeout) const;

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, std::vector<Reply>> replies_ ABSL_GUARDED_BY(mutex_);  // by path
  std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::conformance
