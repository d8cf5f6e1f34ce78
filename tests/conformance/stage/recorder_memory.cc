#include "tests/conformance/stage/recorder_memory.h"

#include <algorithm>
#include <utility>

namespace saga::conformance {

void RecorderMemory::Answer(const std::string& path, std::vector<Reply> replies) {
  absl::MutexLock lock(&mutex_);
  replies_[path] = std::move(replies);
}

Reply RecorderMemory::Take(Call call) {
  absl::MutexLock lock(&mutex_);
  const auto found = replies_.find(call.path);
  calls_.push_back(std::move(call));
  if (found == replies_.end() || found->second.empty()) return {};
  std::vector<Reply>& replies = found->second;
  Reply reply = replies.front();
  if (replies.size() > 1) replies.erase(replies.begin());
  return reply;
}

std::vector<Call> RecorderMemory::Calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

std::vector<Call> RecorderMemory::CallsOf(const std::string& gid) const {
  std::vector<Call> result;
  absl::MutexLock lock(&mutex_);
  for (const Call& call : calls_) {
    if (call.gid == gid) result.push_back(call);
  }
  return result;
}

bool RecorderMemory::WaitForCalls(const std::string& gid, size_t count,
                                  absl::Duration timeout) const {
  const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return static_cast<size_t>(std::count_if(calls_.begin(), calls_.end(), [&](const Call& call) {
             return call.gid == gid;
           })) >= count;
  };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&enough), timeout);
}

}  // namespace saga::conformance
