#include "orchestrator/engine/wake_list.h"

namespace saga::engine {

void WakeList::Set(uint64_t number, base::Time* at, base::Time when) {
  if (*at == when) return;
  if (*at != base::kNever) entries_.erase({*at, number});
  if (when != base::kNever) entries_.insert({when, number});
  *at = when;
}

std::vector<uint64_t> WakeList::TakeDue(base::Time now) {
  std::vector<uint64_t> due;
  while (!entries_.empty() && entries_.begin()->first <= now) {
    due.push_back(entries_.begin()->second);
    entries_.erase(entries_.begin());
  }
  return due;
}

}  // namespace saga::engine
