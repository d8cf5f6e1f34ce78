#include "tests/bench/disk_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace saga::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBlock = 4096;

// Rate of write + fdatasync; at_end says whether each write extends the file.
absl::StatusOr<double> Rate(int file, bool at_end, std::chrono::milliseconds time) {
  const std::array<char, kBlock> block{};
  const Clock::time_point start = Clock::now();
  off_t offset = 0;
  int64_t syncs = 0;
  while (Clock::now() - start < time) {
    if (pwrite(file, block.data(), block.size(), offset) != static_cast<ssize_t>(block.size()) ||
        fdatasync(file) != 0) {
      return absl::InternalError(strerror(errno));
    }
    if (at_end) offset += static_cast<off_t>(block.size());
    ++syncs;
  }
  return static_cast<double>(syncs) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

absl::StatusOr<DiskRates> ProbeDisk(const std::string& directory, std::chrono::milliseconds each) {
  std::string path = directory + "/disk-probe-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) {
    return absl::PermissionDeniedError(absl::StrCat(directory, ": ", strerror(errno)));
  }
  unlink(path.c_str());
  const absl::StatusOr<double> appends = Rate(file, true, each);
  const absl::StatusOr<double> overwrites = Rate(file, false, each);
  close(file);
  if (!appends.ok()) return appends.status();
  if (!overwrites.ok()) return overwrites.status();
  return DiskRates{*appends, *overwrites};
}

}  // namespace saga::bench
