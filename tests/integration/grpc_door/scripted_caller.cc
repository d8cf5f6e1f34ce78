#include "tests/integration/grpc_door/scripted_caller.h"

#include <utility>

#include "absl/time/time.h"
#include "orchestrator/core/words.h"

namespace saga::integration {

void ScriptedCaller::Script(const std::string& target, std::vector<port::BranchReply> replies) {
  absl::MutexLock lock(&mutex_);
  scripts_[target] = {replies.begin(), replies.end()};
}

void ScriptedCaller::Hold(const std::string& target) {
  absl::MutexLock lock(&mutex_);
  held_[target];
}

void ScriptedCaller::Release(const std::string& target) {
  std::vector<Done> waiting;
  {
    absl::MutexLock lock(&mutex_);
    waiting = std::move(held_[target]);
    held_.erase(target);
  }
  for (Done& done : waiting) done({core::Outcome::kSuccess, ""});
}

bool ScriptedCaller::WaitForCalls(size_t count) {
  absl::MutexLock lock(&mutex_);
  const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return calls_.size() >= count; };
  return mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(20));
}

std::vector<std::string> ScriptedCaller::Calls() {
  std::vector<std::string> calls;
  for (const port::BranchCall& call : FullCalls()) {
    calls.push_back(std::string(core::WordOf(call.op)) + " " + call.target);
  }
  return calls;
}

std::vector<port::BranchCall> ScriptedCaller::FullCalls() {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

void ScriptedCaller::Call(port::BranchCall call, Done done) {
  port::BranchReply reply{core::Outcome::kSuccess, ""};
  {
    absl::MutexLock lock(&mutex_);
    const std::string target = call.target;
    calls_.push_back(std::move(call));
    if (const auto held = held_.find(target); held != held_.end()) {
      held->second.push_back(std::move(done));
      return;
    }
    if (const auto script = scripts_.find(target); script != scripts_.end()) {
      reply = script->second.front();
      if (script->second.size() > 1) script->second.pop_front();
    }
  }
  done(std::move(reply));
}

}  // namespace saga::integration
