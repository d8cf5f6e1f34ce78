#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

#include "absl/status/statusor.h"

namespace saga::bench {

// What a process has used so far, read from the kernel.
struct ProcessUsage {
  std::chrono::nanoseconds cpu{0};  // user and system time of all its threads, ended ones too
  int64_t rss_kib = 0;              // resident now
  int64_t peak_rss_kib = 0;         // resident at most, since it started
  int64_t threads = 0;
  int64_t switches = 0;       // context switches of its living threads: how often something woke it
  int64_t read_calls = 0;     // read-like system calls
  int64_t write_calls = 0;    // write-like system calls
  int64_t written_bytes = 0;  // what it caused to be written to the disk
};

// NotFound when there is no such process. Needs the right to look into /proc/<pid>/io for the last
// three; they stay 0 without it.
[[nodiscard]] absl::StatusOr<ProcessUsage> ReadProcessUsage(pid_t pid);

}  // namespace saga::bench
