#include "orchestrator/app/suggest.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"

namespace saga::app {
namespace {

std::string Letters(absl::string_view name) {
  std::string result;
  for (const char c : name) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      result.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    }
  }
  return result;
}

absl::string_view LastPart(absl::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == absl::string_view::npos ? name : name.substr(dot + 1);
}

// Letters to insert, delete or replace (Levenshtein).
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string ClosestName(absl::string_view unknown, const std::vector<std::string>& known) {
  constexpr size_t kMaxCompared = 64;  // a longer name is nobody's slip of the pen
  const std::string letters = Letters(unknown);
  const std::string last = Letters(LastPart(unknown));
  if (letters.empty() || letters.size() > kMaxCompared) return "";
  std::vector<std::string> same_last;
  std::string closest;
  size_t closest_distance = std::max<size_t>(1, letters.size() / 3) + 1;
  for (const std::string& name : known) {
    const std::string name_last = Letters(LastPart(name));
    if (Letters(name) == letters) return name;
    if (name_last == last) same_last.push_back(name);
    const size_t distance =
        std::min(Distance(letters, Letters(name)), Distance(last, name_last) + 1);
    if (distance < closest_distance) {
      closest_distance = distance;
      closest = name;
    }
  }
  return same_last.size() == 1 ? same_last.front() : closest;
}

}  // namespace saga::app
