#pragma once

#include <cstddef>
#include <string>

namespace saga::base {

inline bool IsUtf8Continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Cuts `text` to at most `limit` bytes, without splitting a character of UTF-8.
inline void CutTo(std::string& text, size_t limit) {
  if (text.size() <= limit) return;
  while (limit > 0 && IsUtf8Continuation(text[limit])) --limit;
  text.resize(limit);
}

}  // namespace saga::base
