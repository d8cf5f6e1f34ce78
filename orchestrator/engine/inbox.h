#pragma once

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/executor.h"

namespace saga::engine {

// What other threads have for a strand. The strand takes everything at once, so it is only notified
// when the inbox turns from empty to not empty.
//
// Thread safety: Push from any thread, TakeAll from the strand. Outlives the engine where a call's
// `done` still holds it; after Close it takes nothing.
template <typename Item>
class Inbox {
 public:
  void Bind(port::Strand* strand) {
    absl::MutexLock lock(&mutex_);
    strand_ = strand;
    if (!items_.empty()) strand_->Notify();
  }

  // False: closed, and `item` is untouched.
  bool Push(Item&& item) {
    absl::MutexLock lock(&mutex_);
    if (closed_) return false;
    items_.push_back(std::move(item));
    if (items_.size() == 1 && strand_ != nullptr) strand_->Notify();
    return true;
  }

  void TakeAll(std::vector<Item>& out) {
    out.clear();
    absl::MutexLock lock(&mutex_);
    std::swap(out, items_);
  }

  bool Empty() const {
    absl::MutexLock lock(&mutex_);
    return items_.empty();
  }

  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    strand_ = nullptr;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<Item> items_ ABSL_GUARDED_BY(mutex_);
  port::Strand* strand_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace saga::engine
