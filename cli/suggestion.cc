#include "cli/suggestion.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace saga::cli {

namespace {

// Further away is another word.
constexpr size_t kMostSlips = 2;
// A shorter beginning says too little.
constexpr size_t kShortestBeginning = 3;

size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string DidYouMean(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  size_t least = kMostSlips + 1;
  for (const std::string& candidate : known) {
    const bool beginning = word.size() >= kShortestBeginning && absl::StartsWith(candidate, word);
    const size_t distance = beginning ? 1 : Distance(word, candidate);
    // A word of which nothing is left is not misspelt.
    if (distance < least && distance < word.size()) {
      least = distance;
      best = candidate;
    }
  }
  return best.empty() ? "" : absl::StrCat("; did you mean \"", best, "\"?");
}

}  // namespace saga::cli
