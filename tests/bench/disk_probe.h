#pragma once

#include <chrono>
#include <string>

#include "absl/status/statusor.h"

namespace saga::bench {

// How often a second the disk makes 4 KiB durable. A server that syncs for every commit cannot be
// faster than this; the figure swings widely on shared machines, so it is printed beside every
// other.
struct DiskRates {
  double appends_per_second = 0;     // append and fdatasync: the file grows, as a log does at first
  double overwrites_per_second = 0;  // write in place and fdatasync: as in a log that is used again
};

// Measures each for the given time with a file in the directory, which is removed again. Fails when
// the directory cannot be written.
[[nodiscard]] absl::StatusOr<DiskRates> ProbeDisk(const std::string& directory,
                                                  std::chrono::milliseconds each);

}  // namespace saga::bench
