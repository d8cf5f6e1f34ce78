#pragma once

// A counter family whose label has no fixed set of values: bounded all the same.

#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace saga::api {

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
