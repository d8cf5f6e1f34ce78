#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/address.h"
#include "tests/bench/client/script.h"

namespace saga::bench {

// Makes this many transactions at once, each to the end of its script, and returns the gids of
// those that were acknowledged. Blocks until all are answered. Unavailable when the server cannot
// be connected to.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> SubmitMany(const Address& server,
                                                                  const ScriptOptions& options,
                                                                  int count);

}  // namespace saga::bench
