#pragma once

// How far a long command has come, for those who wait at a terminal or read its log.

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace saga::app {

// Lines on standard error, at most one in a second, none for what takes less. Thread safety: none.
class CareProgress {
 public:
  // "sagad: backup: 40 %, 1.2 GiB" for `bytes`, otherwise "sagad: verify: 40 %, 12000
  // transactions".
  CareProgress(std::string what, bool bytes) : what_(std::move(what)), bytes_(bytes) {}

  void operator()(uint64_t done, uint64_t all) const;

 private:
  const std::string what_;
  const bool bytes_;
  mutable std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// "12 MiB"
std::string SizeText(uint64_t bytes);

}  // namespace saga::app
