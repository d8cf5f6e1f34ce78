#pragma once

#include <cxxopts.hpp>

#include "absl/status/statusor.h"
#include "tests/bench/client/load.h"

namespace saga::bench {

// The options that say what the load is: those that `load` and `ceiling` share.
void AddLoadOptions(cxxopts::Options& options);
// Without target and participant. InvalidArgument names the option that is out of its range.
[[nodiscard]] absl::StatusOr<LoadOptions> ReadLoadOptions(const cxxopts::ParseResult& line);

inline constexpr int kMaxClients = 10'000;
inline constexpr int kMaxBranches = 99;
inline constexpr int kMaxPayloadBytes = 60'000;  // what DTM's tables hold
inline constexpr double kMaxSeconds = 86'400;

}  // namespace saga::bench
