#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/address.h"

namespace saga::bench {

// The body of a 200 answer to GET http://server/path. Unavailable when there is no such answer
// within five seconds.
[[nodiscard]] absl::StatusOr<std::string> HttpGet(const Address& server, const std::string& path);

}  // namespace saga::bench
