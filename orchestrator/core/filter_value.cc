#include "orchestrator/core/filter_value.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "orchestrator/base/edit_distance.h"
#include "orchestrator/base/utf8.h"
#include "orchestrator/core/limits.h"

namespace saga::core {

namespace {

constexpr size_t kLongestQuote = 40;
// Further away is another word.
constexpr size_t kMostSlips = 2;
// A shorter beginning says too little.
constexpr size_t kShortestBeginning = 3;

struct Unit {
  char letter;
  int64_t seconds;
};
constexpr std::array kUnits = {Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600}, Unit{'d', 86'400}};

bool Digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

// False: it is no duration, or a longer one than any option may name.
bool ParseAge(std::string_view text, int64_t& micros) {
  if (text.empty() || !Digits(text.substr(0, text.size() - 1))) return false;
  int64_t count = 0;
  if (!absl::SimpleAtoi(std::string(text.substr(0, text.size() - 1)), &count)) return false;
  for (const Unit& unit : kUnits) {
    if (unit.letter != text.back()) continue;
    if (count > kMaxOptionSeconds / unit.seconds) return false;
    micros = base::Seconds(count * unit.seconds).micros;
    return true;
  }
  return false;
}

}  // namespace

std::string Joined(std::initializer_list<std::string_view> pieces) {
  std::string text;
  for (const std::string_view piece : pieces) text += piece;
  return text;
}

std::string Listed(std::span<const std::string_view> values) {
  std::string text;
  for (const std::string_view value : values) {
    if (!text.empty()) text += ", ";
    text += value;
  }
  return text;
}

std::string Quote(std::string_view text) {
  std::string shown(text);
  base::CutTo(shown, kLongestQuote);
  return Joined({"\"", shown, shown.size() < text.size() ? "..." : "", "\""});
}

std::string NearestOf(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kLongestQuote) return "";
  const std::string lower = absl::AsciiStrToLower(absl::string_view(word.data(), word.size()));
  std::string_view best;
  size_t least = kMostSlips + 1;
  for (const std::string_view candidate : known) {
    const bool beginning = lower.size() >= kShortestBeginning &&
                           (candidate.starts_with(lower) || lower.starts_with(candidate));
    const size_t distance = beginning ? 1 : base::EditDistance(lower, candidate);
    // A word of which nothing is left is not misspelt.
    if (distance < least && distance < lower.size()) {
      least = distance;
      best = candidate;
    }
  }
  return best.empty() ? "" : Joined({"; did you mean \"", best, "\"?"});
}

std::string SetValue(const FieldWords& words, std::string text, Filter& condition) {
  std::string problem;
  switch (words.kind) {
    case ValueKind::kWord:
      if (std::find(words.values.begin(), words.values.end(), text) == words.values.end()) {
        problem = Joined({Quote(text), " is no ", words.name, "; allowed: ", Listed(words.values),
                          NearestOf(text, words.values)});
      }
      break;
    case ValueKind::kText:
      break;
    case ValueKind::kCount: {
      uint32_t count = 0;
      if (!Digits(text) || !absl::SimpleAtoi(text, &count))
        problem = Joined({Quote(text), " is no number from 0 to ", std::to_string(UINT32_MAX)});
      condition.number = count;
      break;
    }
    case ValueKind::kAge:
      if (!ParseAge(text, condition.number)) {
        problem = Joined({Quote(text),
                          " is no duration; allowed are whole numbers of one unit, like 10s, 5m, "
                          "2h, 3d, up to 100 years"});
      }
      break;
  }
  condition.text = std::move(text);
  return problem;
}

}  // namespace saga::core
