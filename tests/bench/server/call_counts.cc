#include "tests/bench/server/call_counts.h"

#include <nlohmann/json.hpp>

namespace saga::bench {

void CallCounts::Add(const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  const auto found = counts_.find(name);
  if (found != counts_.end()) {
    ++found->second;
  } else {
    ++counts_[counts_.size() < kMaxNames ? name : "other"];
  }
}

std::map<std::string, int64_t> CallCounts::Read() const {
  const absl::MutexLock lock(&mutex_);
  return counts_;
}

std::string CallCounts::Json() const {
  const std::map<std::string, int64_t> counts = Read();
  int64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return nlohmann::json{{"total", total}, {"calls", counts}}.dump();
}

}  // namespace saga::bench
