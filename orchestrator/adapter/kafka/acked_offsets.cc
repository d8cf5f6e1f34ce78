#include "orchestrator/adapter/kafka/acked_offsets.h"

#include <algorithm>

#include "orchestrator/base/check.h"

namespace saga::adapter {

void AckedOffsets::HandedOut(int64_t offset) {
  SAGA_CHECK(offset > last_);
  last_ = offset;
  entries_.push_back({.offset = offset});
  ++open_;
}

std::optional<int64_t> AckedOffsets::Acknowledge(int64_t offset) {
  const auto entry = std::lower_bound(
      entries_.begin(), entries_.end(), offset,
      [](const Entry& candidate, int64_t wanted) { return candidate.offset < wanted; });
  SAGA_CHECK(entry != entries_.end() && entry->offset == offset && !entry->acked);
  entry->acked = true;
  --open_;
  std::optional<int64_t> next;
  while (!entries_.empty() && entries_.front().acked) {
    next = entries_.front().offset + 1;
    entries_.pop_front();
  }
  return next;
}

}  // namespace saga::adapter
