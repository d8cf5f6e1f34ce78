#include "orchestrator/app/alert_log.h"

#include <optional>
#include <utility>

namespace saga::app {

bool AlertLog::SetTaken(bool taken) {
  absl::MutexLock lock(&mutex_);
  return std::exchange(taken_, taken) != taken;
}

void AlertLog::OnEnd(port::AlertEnd end, const std::string& error) {
  switch (end) {
    case port::AlertEnd::kDelivered:
      if (SetTaken(true)) log_.Info("alert webhook takes alerts again");
      return;
    case port::AlertEnd::kFailed:
      if (SetTaken(false)) log_.Warn("alert webhook does not take alerts", {{"error", error}});
      return;
    case port::AlertEnd::kDropped:
      const std::optional<uint64_t> suppressed = limit_.Admit("dropped", clock_.Now());
      if (suppressed.has_value()) {
        log_.WriteAfterSuppressed(LogLevel::kWarn, "alert dropped", *suppressed,
                                  {{"error", error}});
      }
      return;
  }
}

}  // namespace saga::app
