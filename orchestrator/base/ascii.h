#pragma once

#include <algorithm>
#include <string_view>

namespace saga::base {

// Nothing but printable ASCII, blanks among it: what the metadata of gRPC can carry.
inline bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// The same without blanks: what an address or a method of gRPC may have.
inline bool IsGraphicAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace saga::base
