#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace saga::bench {

// A TCP address as given on the command line.
struct Address {
  std::string host;
  int port = 0;

  // "host:port", as gRPC and the Host header want it.
  [[nodiscard]] std::string Text() const;
};

// Reads "host:port"; port is 0..65535 (0 asks the system for a free one when listening). IPv6 hosts
// are not supported: the bench only talks to loopback. InvalidArgument says what was wrong.
[[nodiscard]] absl::StatusOr<Address> ParseAddress(std::string_view text);

}  // namespace saga::bench
