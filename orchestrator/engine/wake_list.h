#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "orchestrator/base/time.h"

namespace saga::engine {

// Who has to be looked at when. Ordered by time and then by number, so that runs under the
// simulator repeat exactly. Not thread-safe: each runner has its own.
class WakeList {
 public:
  // Moves `number` from its present time `*at` to `when` and writes that back; kNever takes it off
  // the list.
  void Set(uint64_t number, base::Time* at, base::Time when);

  // Takes off and returns the numbers whose time is at or before `now`. Their `at` is left as it
  // was: Set corrects it.
  std::vector<uint64_t> TakeDue(base::Time now);

  // kNever when empty.
  base::Time Next() const { return entries_.empty() ? base::kNever : entries_.begin()->first; }

 private:
  absl::btree_set<std::pair<base::Time, uint64_t>> entries_;
};

}  // namespace saga::engine
