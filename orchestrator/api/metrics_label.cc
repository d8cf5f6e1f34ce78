#include "orchestrator/api/metrics_label.h"

#include "absl/strings/ascii.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

std::string LabelValue(std::string_view text) {
  std::string value(text.substr(0, text.find('?')).substr(0, core::kMetricLabelLength));
  for (char& c : value) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return value;
}

void BoundedCounters::Count(absl::string_view value) {
  absl::MutexLock lock(&mutex_);
  auto found = counters_.find(value);
  if (found == counters_.end()) {
    const bool room = counters_.size() < core::kMetricLabels;
    std::string key = room ? std::string(value) : "other";
    found = counters_.find(key);
    if (found == counters_.end()) {
      auto& counter = family_.Add({{label_, LabelValue(key)}});
      found = counters_.emplace(std::move(key), &counter).first;
    }
  }
  found->second->Increment();
}

}  // namespace saga::api
