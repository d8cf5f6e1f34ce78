#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/observer.h"

namespace saga::app {

// Keeps gRPC's health service, which is told and does not ask, in step with what the engine notices
// about the store: serving while the server is up and the store answers.
//
// Thread-safe.
class HealthRelay final : public port::Observer {
 public:
  // The server is up from now on, or (false) on its way down. `tell` may be empty: nobody listens
  // any more.
  void SetUp(bool up, std::function<void(bool)> tell) {
    absl::MutexLock lock(&mutex_);
    up_ = up;
    tell_ = std::move(tell);
    Tell();
  }

  void OnOpened(const core::GlobalTransaction&, bool) override {}
  void OnBranchAnswered(const core::GlobalTransaction&, const core::Branch&, core::Outcome,
                        const std::string&, base::Duration) override {}
  void OnRested(const core::GlobalTransaction&) override {}
  void OnAborting(const core::GlobalTransaction&) override {}
  void OnEnded(const core::GlobalTransaction&) override {}
  void OnCommit(size_t, size_t, base::Duration) override {}
  void OnRefused(const std::string&) override {}
  void OnStoreHealth(bool ok, const std::string&) override {
    absl::MutexLock lock(&mutex_);
    store_ok_ = ok;
    Tell();
  }

 private:
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (tell_) tell_(up_ && store_ok_);
  }

  absl::Mutex mutex_;
  bool up_ ABSL_GUARDED_BY(mutex_) = false;
  bool store_ok_ ABSL_GUARDED_BY(mutex_) = true;
  std::function<void(bool)> tell_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::app
