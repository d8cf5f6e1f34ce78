#pragma once

// Network addresses written as "host:port".
//
// Thread safety: free functions, no shared state.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace saga::participants::sdk {

struct Address {
  std::string host;
  int port = 0;  // 0 to listen on: any free one
};

// INVALID_ARGUMENT says what is wrong with `text`.
absl::StatusOr<Address> ParseAddress(absl::string_view text);
std::string ToString(const Address& address);

}  // namespace saga::participants::sdk
