#pragma once

// Text that others wrote, made fit for a terminal.

#include <cstddef>
#include <string>

namespace saga::cli {

// `text` on one line: control characters become blanks, so that neither a line break nor an escape
// sequence of a participant's error reaches the terminal.
std::string OneLine(const std::string& text);

// How many columns of a terminal UTF-8 text takes: two for East Asian wide characters and emoji,
// none for combining marks and for our own colours.
size_t Columns(const std::string& text);

}  // namespace saga::cli
