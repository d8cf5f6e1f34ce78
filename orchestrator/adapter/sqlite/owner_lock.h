#pragma once

// One sagad per store: a lock file beside the data file, locked as long as the process lives. The
// kernel lets go of the lock when the process ends, however it ends, so there is nothing to clean
// up after a kill -9.

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace saga::adapter::sqlite {

class OwnerLock {
 public:
  // Locks `path`.lock and writes the process id into it. FailedPrecondition with a text for people
  // when another process has it, or when the directory does not exist or cannot be written.
  static absl::StatusOr<std::unique_ptr<OwnerLock>> Take(const std::string& path);
  ~OwnerLock();

  OwnerLock(const OwnerLock&) = delete;
  OwnerLock& operator=(const OwnerLock&) = delete;

 private:
  explicit OwnerLock(int file) : file_(file) {}

  int file_;
};

}  // namespace saga::adapter::sqlite
