#pragma once

#include <cstddef>
#include <string_view>

namespace saga::base {

// How many letters have to be inserted, deleted or replaced to make `b` of `a` (Levenshtein). Takes
// time and memory for a.size() times b.size(): bound what you hand in.
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace saga::base
