#include "orchestrator/adapter/store_common/dead_letter_groups.h"

#include <algorithm>
#include <string_view>

#include "orchestrator/core/filter.h"
#include "orchestrator/core/target.h"

namespace saga::adapter {
namespace {

std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace

void DeadLetterGroups::Add(absl::string_view target, core::Op op, absl::string_view error,
                           base::Time dead_time) {
  std::string destination = core::DestinationOf(Std(target));
  std::string fingerprint = core::FingerprintOf(Std(error));
  port::DeadLetterGroup& group = groups_[{destination, op, fingerprint}];
  if (group.count == 0) {
    group = {.destination = std::move(destination),
             .op = op,
             .fingerprint = std::move(fingerprint),
             .sample = std::string(error),
             .oldest = dead_time,
             .newest = dead_time};
  }
  group.count += 1;
  group.oldest = std::min(group.oldest, dead_time);
  group.newest = std::max(group.newest, dead_time);
}

std::vector<port::DeadLetterGroup> DeadLetterGroups::Take() {
  std::vector<port::DeadLetterGroup> groups;
  groups.reserve(groups_.size());
  for (auto& [name, group] : groups_) groups.push_back(std::move(group));
  groups_.clear();
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  return groups;
}

void DeadLetterCounts::Add(absl::string_view target, core::Op op, base::Time oldest,
                           uint64_t count) {
  std::string destination = core::DestinationOf(Std(target));
  port::DeadLetterCount& sum = counts_[{destination, op}];
  if (sum.count == 0) sum = {.destination = std::move(destination), .op = op, .oldest = oldest};
  sum.count += count;
  sum.oldest = std::min(sum.oldest, oldest);
}

std::vector<port::DeadLetterCount> DeadLetterCounts::Take() {
  std::vector<port::DeadLetterCount> counts;
  counts.reserve(counts_.size());
  for (auto& [name, count] : counts_) counts.push_back(std::move(count));
  counts_.clear();
  return counts;
}

}  // namespace saga::adapter
