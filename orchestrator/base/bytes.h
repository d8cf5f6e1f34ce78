#pragma once

// Bytes that many owners read and nobody changes: a branch's payload is the same for its action and
// its compensation, for the record in memory, the write in the store's batch and the call on the
// wire.

#include <memory>
#include <string>
#include <utility>

namespace saga::base {

using Bytes = std::shared_ptr<const std::string>;

inline Bytes MakeBytes(std::string value) {
  return value.empty() ? nullptr : std::make_shared<const std::string>(std::move(value));
}

// The value behind `bytes`; null stands for empty.
inline const std::string& Value(const Bytes& bytes) {
  static const std::string empty;
  return bytes == nullptr ? empty : *bytes;
}

}  // namespace saga::base
