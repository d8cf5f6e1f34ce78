#include "orchestrator/adapter/yaml/closest.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "orchestrator/base/edit_distance.h"

namespace saga::adapter {

std::string Suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  constexpr size_t kLongestWord = 100;
  if (word.size() > kLongestWord) return "";
  const std::string* best = nullptr;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = base::EditDistance(word, candidate);
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best = &candidate;
    best_distance = distance;
  }
  return best == nullptr ? "" : absl::StrCat(" (did you mean '", *best, "'?)");
}

}  // namespace saga::adapter
