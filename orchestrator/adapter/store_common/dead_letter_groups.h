#pragma once

// Dead letters put together by cause and by place, the same way in every store.

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/port/dead_letter_query.h"

namespace saga::adapter {

class DeadLetterGroups {
 public:
  // In the order of the list: a group's sample is its first.
  void Add(absl::string_view target, core::Op op, absl::string_view error, base::Time dead_time);
  // Largest first, then by name.
  std::vector<port::DeadLetterGroup> Take();

 private:
  std::map<std::tuple<std::string, core::Op, std::string>, port::DeadLetterGroup> groups_;
};

class DeadLetterCounts {
 public:
  // `count` of them, the oldest of which died at `oldest`.
  void Add(absl::string_view target, core::Op op, base::Time oldest, uint64_t count = 1);
  // By destination, then op.
  std::vector<port::DeadLetterCount> Take();

 private:
  std::map<std::pair<std::string, core::Op>, port::DeadLetterCount> counts_;
};

}  // namespace saga::adapter
