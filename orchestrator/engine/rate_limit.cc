#include "orchestrator/engine/rate_limit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace saga::engine {

namespace {

constexpr double kMicrosPerSecond = 1e6;
constexpr double kBurstSeconds = 0.1;
constexpr double kLongestWait = 3600 * kMicrosPerSecond;  // then there is another look
// Tokens are sums of many small parts: what is missing by rounding is not missing.
constexpr double kWholeToken = 1 - 1e-6;

}  // namespace

void RateLimit::Set(double rate, base::Time now) {
  if (limited()) {
    Refill(now);
    rate_ = rate;
    tokens_ = std::min(tokens_, Capacity());
  } else {
    rate_ = rate;
    tokens_ = Capacity();
  }
  refilled_ = now;
}

bool RateLimit::HasToken(base::Time now) {
  if (!limited()) return true;
  Refill(now);
  return tokens_ >= kWholeToken;
}

void RateLimit::Take() {
  if (limited()) tokens_ = std::max(tokens_ - 1, 0.0);
}

base::Time RateLimit::NextToken(base::Time now) {
  if (HasToken(now)) return now;
  const double wait = std::min(std::ceil((1 - tokens_) / rate_ * kMicrosPerSecond), kLongestWait);
  return now + base::Micros(std::max<int64_t>(static_cast<int64_t>(wait), 1));
}

void RateLimit::Refill(base::Time now) {
  if (now > refilled_) {
    const double passed = static_cast<double>((now - refilled_).micros) / kMicrosPerSecond;
    tokens_ = std::min(tokens_ + passed * rate_, Capacity());
  }
  refilled_ = now;
}

double RateLimit::Capacity() const { return std::max(rate_ * kBurstSeconds, 1.0); }

}  // namespace saga::engine
