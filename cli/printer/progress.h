#pragma once

// A job's progress on standard error: one line that changes on a terminal; elsewhere a new line,
// but not more than one in a few seconds.

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "saga/v1/dead_letter.pb.h"

namespace saga::cli {

class ProgressLine {
 public:
  void Show(const v1::Job& job, absl::Time now);
  // Ends a line that would still change.
  void End();

 private:
  bool open_ = false;  // the line on the terminal has no end yet
  absl::Time shown_ = absl::InfinitePast();
  std::string last_;
  absl::Time begin_ = absl::InfinitePast();  // of the measured rate
  uint64_t begin_count_ = 0;
};

}  // namespace saga::cli
