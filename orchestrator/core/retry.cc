#include "orchestrator/core/retry.h"

#include <algorithm>
#include <cmath>

namespace saga::core {

namespace {

// `interval` doubled `times` times, but not beyond `cap`.
base::Duration Doubled(base::Duration interval, uint32_t times, base::Duration cap) {
  for (uint32_t i = 0; i < times && interval < cap; ++i) interval.micros *= 2;
  return std::min(interval, cap);
}

// Whether a policy says anything about times: an attempt limit alone leaves them as they are.
bool NamesTimes(const RetryPolicy& policy) {
  RetryPolicy times = policy;
  times.attempt_limit = 0;
  return !times.Empty();
}

}  // namespace

base::Duration RequestTimeout(const Options& options, const Settings& settings) {
  return options.request_timeout_s > 0 ? base::Seconds(options.request_timeout_s)
                                       : settings.request_timeout;
}

base::Duration TimeoutToFail(const Options& options, const Settings& settings) {
  return options.timeout_to_fail_s > 0 ? base::Seconds(options.timeout_to_fail_s)
                                       : settings.timeout_to_fail;
}

base::Duration BaseInterval(const Options& options, const Settings& settings) {
  if (options.retry_interval_s > 0) return base::Seconds(options.retry_interval_s);
  const base::Duration timeout = base::Seconds(options.timeout_to_fail_s);
  if (options.timeout_to_fail_s > 0 && timeout < settings.retry_interval) return timeout;
  return settings.retry_interval;
}

base::Duration RetryInterval(const Options& options, const Settings& settings,
                             uint32_t unknown_streak) {
  const base::Duration start = BaseInterval(options, settings);
  return Doubled(start, unknown_streak, std::max(start, settings.max_retry_interval));
}

base::Duration PresentInterval(const GlobalTransaction& transaction, const Settings& settings) {
  uint32_t streak = 0;
  for (const uint32_t row : Due(transaction, base::kNever))
    streak = std::max(streak, transaction.branches[row].unknown_streak);
  return RetryInterval(transaction.options, settings, streak);
}

base::Duration LimitedRetryPause(const Options& options, const Settings& settings,
                                 uint32_t repeat) {
  const base::Duration cap = std::min(BaseInterval(options, settings), kMaxLimitedRetryPause);
  return Doubled(kLimitedRetryPause, repeat - 1, cap);
}

base::Duration RetryDelay(const GlobalTransaction& t, const Branch& branch,
                          const Settings& settings, double jitter) {
  const RetryPolicy& policy = branch.retry;
  if (!NamesTimes(policy)) {
    return WithJitter(RetryInterval(t.options, settings, branch.unknown_streak), jitter);
  }
  const base::Duration first =
      policy.interval.micros > 0 ? policy.interval : BaseInterval(t.options, settings);
  const base::Duration cap =
      policy.cap.micros > 0 ? policy.cap : std::max(settings.max_retry_interval, first);
  const double factor = policy.factor >= 1 ? policy.factor : kRetryFactor;
  // The first unknown outcome waits for the interval itself: what the policy says, word for word.
  const double repeats = branch.unknown_streak > 0 ? branch.unknown_streak - 1 : 0;
  const double grown = static_cast<double>(first.micros) * std::pow(factor, repeats);
  const double share = policy.jitter > 0 ? policy.jitter : kRetryJitter;
  const double micros = std::min(grown, static_cast<double>(cap.micros)) * (1 + share * jitter);
  return base::Micros(static_cast<int64_t>(micros));
}

base::Duration WithJitter(base::Duration interval, double jitter) {
  return interval + base::Micros(static_cast<int64_t>(static_cast<double>(interval.micros) *
                                                      kRetryJitter * jitter));
}

}  // namespace saga::core
