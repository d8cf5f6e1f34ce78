#include "orchestrator/app/suggest.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "orchestrator/base/edit_distance.h"

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
    const size_t distance = std::min(base::EditDistance(letters, Letters(name)),
                                     base::EditDistance(last, name_last) + 1);
    if (distance < closest_distance) {
      closest_distance = distance;
      closest = name;
    }
  }
  return same_last.size() == 1 ? same_last.front() : closest;
}

}  // namespace saga::app
