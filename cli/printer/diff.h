#pragma once

#include <string>

namespace saga::cli {

// What has to be done to the lines of `before` to get `after`, as `diff -u` writes it, without its
// two lines of file names. Empty: nothing. Lines that are added and deleted are in colour on a
// terminal.
std::string UnifiedDiff(const std::string& before, const std::string& after);

}  // namespace saga::cli
