#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace saga::base {

inline bool IsUtf8Continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Cuts `text` to at most `limit` bytes, without splitting a character of UTF-8.
inline void CutTo(std::string& text, size_t limit) {
  if (text.size() <= limit) return;
  while (limit > 0 && IsUtf8Continuation(text[limit])) --limit;
  text.resize(limit);
}

// The length in bytes of the character that begins at `text[at]`; 0: none does, by the strict rules
// (no surrogates, nothing longer than needed, nothing above U+10FFFF).
inline size_t Utf8Length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

// Whether `text` is UTF-8 from its first byte to its last, by the rules of Utf8Length.
inline bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8Length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace saga::base
