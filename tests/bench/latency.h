#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace saga::bench {

// Figures over a set of latencies, all in milliseconds. A percentile is the smallest latency that
// at least that share of the samples did not exceed.
struct LatencySummary {
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};

// Keeps every sample, because p99.9 and the maximum are what a server is judged by and a histogram
// would round them. Four bytes a sample: a minute at 10,000 a second is 2.4 MB. Not thread-safe.
class LatencySamples {
 public:
  void Add(std::chrono::nanoseconds latency);
  [[nodiscard]] size_t Count() const { return microseconds_.size(); }
  // All zero without samples.
  [[nodiscard]] LatencySummary Summarise() const;

 private:
  std::vector<uint32_t> microseconds_;
};

}  // namespace saga::bench
