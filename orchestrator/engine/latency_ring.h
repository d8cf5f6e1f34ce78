#pragma once

// How long the latest calls of a lane took.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "orchestrator/base/time.h"

namespace saga::engine {

// Not thread-safe. Adding is a store into memory that is there already.
class LatencyRing {
 public:
  void Add(base::Duration took) {
    latest_[added_ % kSize] =
        static_cast<uint32_t>(std::clamp<int64_t>(took.micros, 0, UINT32_MAX));
    ++added_;
  }

  // In no order.
  std::vector<uint32_t> Micros() const {
    return {latest_.begin(), latest_.begin() + static_cast<int64_t>(std::min(added_, kSize))};
  }

 private:
  static constexpr size_t kSize = 256;

  std::array<uint32_t, kSize> latest_{};
  size_t added_ = 0;
};

// The value that `percent` of `micros` do not exceed; 0 when there are none.
inline base::Duration Percentile(std::vector<uint32_t>& micros, size_t percent) {
  if (micros.empty()) return {};
  const size_t rank = (micros.size() * percent + 99) / 100;
  const auto place = micros.begin() + static_cast<int64_t>(std::max<size_t>(rank, 1) - 1);
  std::nth_element(micros.begin(), place, micros.end());
  return base::Micros(*place);
}

}  // namespace saga::engine
