#include "tests/bench/latency.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace saga::bench {
namespace {

double Percentile(const std::vector<uint32_t>& sorted, double share) {
  const size_t rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return static_cast<double>(sorted[std::max<size_t>(rank, 1) - 1]) / 1000.0;
}

}  // namespace

void LatencySamples::Add(std::chrono::nanoseconds latency) {
  const int64_t microseconds = std::max<int64_t>(latency.count() / 1000, 0);
  microseconds_.push_back(static_cast<uint32_t>(
      std::min<int64_t>(microseconds, std::numeric_limits<uint32_t>::max())));
}

LatencySummary LatencySamples::Summarise() const {
  LatencySummary summary;
  if (microseconds_.empty()) return summary;
  std::vector<uint32_t> sorted = microseconds_;
  std::sort(sorted.begin(), sorted.end());
  const double total = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  summary.mean = total / static_cast<double>(sorted.size()) / 1000.0;
  summary.p50 = Percentile(sorted, 0.50);
  summary.p90 = Percentile(sorted, 0.90);
  summary.p99 = Percentile(sorted, 0.99);
  summary.p999 = Percentile(sorted, 0.999);
  summary.max = static_cast<double>(sorted.back()) / 1000.0;
  return summary;
}

}  // namespace saga::bench
