#pragma once

#include <functional>
#include <thread>

#include "absl/synchronization/notification.h"

namespace saga::app {

// SIGTERM and SIGINT. Create it before any other thread, so that all of them have these signals
// blocked and a thread of this object alone takes them. SIGPIPE is ignored from then on: a peer
// that hangs up is an error of its connection.
class StopSignals {
 public:
  // `second`: runs when a signal comes after the first, on the signal thread. It is expected to end
  // the process.
  explicit StopSignals(std::function<void()> second);
  ~StopSignals();

  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Returns the first signal, waiting for it.
  int Wait();

 private:
  void Run();

  std::function<void()> second_;
  absl::Notification first_came_;
  int first_ = 0;
  int signal_fd_ = -1;
  int end_fd_ = -1;
  std::thread thread_;
};

}  // namespace saga::app
