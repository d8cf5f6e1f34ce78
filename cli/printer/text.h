#pragma once

// Text that others wrote, made fit for a terminal.

#include <cstddef>
#include <string>

namespace saga::cli {

// `text` on one line: control characters become blanks, so that neither a line break nor an escape
// sequence of a participant's error reaches the terminal.
std::string OneLine(const std::string& text);

// The same for a cell of a table, where nothing is a dash.
std::string Cell(const std::string& text);

// How many columns of a terminal UTF-8 text takes: two for East Asian wide characters and emoji,
// none for combining marks and for our own colours.
size_t Columns(const std::string& text);

// As much of a line as fits into so many columns, our own colours left whole.
std::string FirstColumns(const std::string& line, size_t columns);

}  // namespace saga::cli
