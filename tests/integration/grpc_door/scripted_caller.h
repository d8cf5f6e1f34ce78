#pragma once

// Participants that answer what a test tells them to.

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::integration {

class ScriptedCaller : public port::BranchCaller {
 public:
  // What `target` answers, call by call; the last one again and again. A target without a script
  // succeeds.
  void Script(const std::string& target, std::vector<port::BranchReply> replies);

  // Calls of `target` stay out until Release, which answers them with success; later ones succeed
  // at once.
  void Hold(const std::string& target);
  void Release(const std::string& target);

  // True when `count` calls came within the deadline.
  bool WaitForCalls(size_t count);

  // "op target" of the calls so far.
  std::vector<std::string> Calls();
  std::vector<port::BranchCall> FullCalls();

  void Call(port::BranchCall call, Done done) override;

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::deque<port::BranchReply>> scripts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<Done>> held_ ABSL_GUARDED_BY(mutex_);
  std::vector<port::BranchCall> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::integration
