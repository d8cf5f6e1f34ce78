#pragma once

// Labels: tables of series for those with a fixed set of values, and a counter family whose label
// has none, bounded all the same.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace saga::api {

// An enum's numbers are small and begin at 1, so they are indexes of a table of series.
inline constexpr size_t kEnumTable = 12;
template <typename Value>
size_t EnumIndex(Value value) {
  return std::min<size_t>(static_cast<size_t>(value), kEnumTable - 1);
}

// A value fit for a label: what follows a '?' is gone, what is not printable ASCII is '?', and it
// is cut to core::kMetricLabelLength.
std::string LabelValue(std::string_view text);

// Thread-safe. After core::kMetricLabels values every new one counts as "other".
class BoundedCounters {
 public:
  // `family` outlives this.
  BoundedCounters(prometheus::Family<prometheus::Counter>& family, std::string label)
      : family_(family), label_(std::move(label)) {}

  void Count(absl::string_view value) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  prometheus::Family<prometheus::Counter>& family_;
  const std::string label_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, prometheus::Counter*> counters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::api
