#pragma once

#include <string>
#include <vector>

namespace saga::cli {

// `; did you mean "list"?` for a word that is none of the known ones but near to one: two slips of
// the finger, or one is the beginning of the other. Empty when nothing is near.
std::string DidYouMean(const std::string& word, const std::vector<std::string>& known);

}  // namespace saga::cli
