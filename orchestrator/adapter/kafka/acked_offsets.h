#pragma once

// Which messages of one partition are acknowledged. Kafka keeps one number for each partition, "go
// on from here", so that a message counts as taken only when every one before it is.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace saga::adapter {

// Not thread-safe.
class AckedOffsets {
 public:
  // A message was handed out: its offset is above last(); there may be gaps.
  void HandedOut(int64_t offset);

  // It is acknowledged: the offset to go on from, when that moved.
  std::optional<int64_t> Acknowledge(int64_t offset);

  // Handed out and not acknowledged.
  size_t open() const { return open_; }
  // The offset that was handed out last; -1 before the first.
  int64_t last() const { return last_; }

 private:
  struct Entry {
    int64_t offset = 0;
    bool acked = false;
  };

  std::deque<Entry> entries_;  // the first is not acknowledged
  size_t open_ = 0;
  int64_t last_ = -1;
};

}  // namespace saga::adapter
