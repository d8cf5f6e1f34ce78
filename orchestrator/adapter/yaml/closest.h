#pragma once

#include <string>
#include <vector>

namespace saga::adapter {

// " (did you mean 'x'?)" for the candidate most like `word`, or nothing when none is near enough to
// be meant.
std::string Suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace saga::adapter
