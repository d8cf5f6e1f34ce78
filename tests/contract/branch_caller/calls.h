#pragma once

// Making calls and waiting for what becomes of them.

#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::tests {

inline constexpr absl::Duration kPatience = absl::Seconds(30);

// Outlives the caller that is given its calls.
class Calls {
 public:
  // Returns the number of the call, from 0.
  size_t Start(port::BranchCaller& caller, port::BranchCall call);

  // True when every started call ended within kPatience.
  [[nodiscard]] bool AllEnded();
  // How often the call's `done` ran.
  int Dones(size_t number) const;
  port::BranchReply Reply(size_t number) const;
  size_t ended() const;

 private:
  struct Entry {
    int dones = 0;
    port::BranchReply reply;
  };

  mutable absl::Mutex mutex_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One call, waited for. Fails the test when it does not end exactly once.
port::BranchReply CallAndWait(port::BranchCaller& caller, port::BranchCall call);

// A port on which nobody listens.
int UnusedPort();

std::string OutcomeWord(core::Outcome outcome);

}  // namespace saga::tests
