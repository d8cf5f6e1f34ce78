#include "cli/printer/table.h"

#include <algorithm>

namespace saga::cli {

namespace {

size_t Width(const std::string& cell) {
  size_t width = 0;
  bool escape = false;
  for (const char c : cell) {
    if (c == '\x1b') escape = true;
    const bool continuation = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!escape && !continuation) ++width;
    if (escape && c == 'm') escape = false;
  }
  return width;
}

}  // namespace

std::string Table::Text() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - Width(row[i]) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace saga::cli
