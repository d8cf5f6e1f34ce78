#include "cli/suggestion.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/base/edit_distance.h"

namespace saga::cli {

namespace {

// Further away is another word.
constexpr size_t kMostSlips = 2;
// A shorter beginning says too little.
constexpr size_t kShortestBeginning = 3;

}  // namespace

std::string DidYouMean(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  size_t least = kMostSlips + 1;
  for (const std::string& candidate : known) {
    const bool beginning =
        word.size() >= kShortestBeginning &&
        (absl::StartsWith(candidate, word) ||
         (candidate.size() >= kShortestBeginning && absl::StartsWith(word, candidate)));
    const size_t distance = beginning ? 1 : base::EditDistance(word, candidate);
    // A word of which nothing is left is not misspelt.
    if (distance < least && distance < word.size()) {
      least = distance;
      best = candidate;
    }
  }
  return best.empty() ? "" : absl::StrCat("; did you mean \"", best, "\"?");
}

}  // namespace saga::cli
