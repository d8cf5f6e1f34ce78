#pragma once

// Whose turn it is to write the file. SQLite has one writer at a time and lets the others ask again
// and again, without an order: under load a writer could be passed over until its patience ends. In
// this process writers therefore queue up before they ask, first come, first served, so that each
// waits for at most one commit of every other. SQLite's own lock then only keeps other programs
// away.

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace saga::adapter::sqlite {

// Thread-safe.
class WriteTurn {
 public:
  // Waits for its turn, and gives it on at its end.
  class Holder {
   public:
    explicit Holder(WriteTurn* turn) : turn_(turn) { turn_->Take(); }
    ~Holder() { turn_->GiveOn(); }

    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

   private:
    WriteTurn* turn_;
  };

 private:
  void Take() {
    absl::MutexLock lock(&mutex_);
    const uint64_t mine = last_++;
    const auto is_mine = [this, mine]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return serving_ == mine; };
    mutex_.Await(absl::Condition(&is_mine));
  }

  void GiveOn() {
    absl::MutexLock lock(&mutex_);
    ++serving_;
  }

  absl::Mutex mutex_;
  uint64_t last_ ABSL_GUARDED_BY(mutex_) = 0;     // number of the next one to queue up
  uint64_t serving_ ABSL_GUARDED_BY(mutex_) = 0;  // number of the one whose turn it is
};

}  // namespace saga::adapter::sqlite
