#include "cli/printer/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "orchestrator/base/utf8.h"

namespace saga::cli {

namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// Unicode's East Asian Width, as coarse as a table of gids and reasons needs it.
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
    Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},
    Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
    Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1FAFF}, Range{0x20000, 0x3FFFD}};
constexpr std::array kNone = {Range{0x0300, 0x036F}, Range{0x200B, 0x200F}, Range{0xFE00, 0xFE0F}};

template <size_t kSize>
bool In(const std::array<Range, kSize>& ranges, uint32_t character) {
  return std::any_of(ranges.begin(), ranges.end(), [character](const Range& range) {
    return range.first <= character && character <= range.last;
  });
}

// The character at `*position`, and `*position` behind it. A byte that begins no UTF-8 stands for
// itself.
uint32_t Next(const std::string& text, size_t* position) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte((*position)++);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  uint32_t character = more == 0 ? lead : lead & (0x3FU >> more);
  for (int i = 0; i < more && *position < text.size() && base::IsUtf8Continuation(text[*position]);
       ++i)
    character = (character << 6) | (byte((*position)++) & 0x3FU);
  return character;
}

}  // namespace

std::string OneLine(const std::string& text) {
  std::string line;
  for (size_t position = 0; position < text.size();) {
    const size_t begin = position;
    const uint32_t character = Next(text, &position);
    // 0x80 to 0x9F steer a terminal as well, written as UTF-8 or as bare bytes.
    const bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
    line += control ? " " : text.substr(begin, position - begin);
  }
  return line;
}

std::string Cell(const std::string& text) { return text.empty() ? "-" : OneLine(text); }

size_t Columns(const std::string& text) {
  size_t columns = 0;
  bool escape = false;
  for (size_t position = 0; position < text.size();) {
    const uint32_t character = Next(text, &position);
    if (character == '\x1b') escape = true;
    if (!escape && !In(kNone, character)) columns += In(kWide, character) ? 2 : 1;
    if (escape && character == 'm') escape = false;
  }
  return columns;
}

std::string FirstColumns(const std::string& line, size_t columns) {
  size_t used = 0;
  bool escape = false;
  for (size_t position = 0; position < line.size();) {
    const size_t begin = position;
    const uint32_t character = Next(line, &position);
    if (character == '\x1b') escape = true;
    if (!escape && !In(kNone, character)) used += In(kWide, character) ? 2 : 1;
    if (used > columns) {
      const bool coloured = line.find('\x1b') < begin;
      return line.substr(0, begin) + (coloured ? "\x1b[0m" : "");
    }
    if (escape && character == 'm') escape = false;
  }
  return line;
}

}  // namespace saga::cli
