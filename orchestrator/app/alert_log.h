#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/app/log.h"
#include "orchestrator/app/message_limit.h"
#include "orchestrator/port/alert_sink.h"
#include "orchestrator/port/clock.h"

namespace saga::app {

// Says in the log what became of alerts: once that the receiver stopped taking them, once that it
// takes them again, and now and then how many were dropped.
//
// Thread-safe.
class AlertLog {
 public:
  // Both outlive this.
  AlertLog(Log& log, port::Clock& clock) : log_(log), clock_(clock), limit_(1, base::Seconds(10)) {}

  void OnEnd(port::AlertEnd end, const std::string& error);

 private:
  // True when that is news.
  bool SetTaken(bool taken);

  Log& log_;
  port::Clock& clock_;
  MessageLimit limit_;
  absl::Mutex mutex_;
  bool taken_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace saga::app
