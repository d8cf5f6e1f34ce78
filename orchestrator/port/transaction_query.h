#pragma once

// Reading, for people: queries, lists, history. Never on the path of a transaction.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/filter.h"
#include "orchestrator/core/transaction.h"

namespace saga::port {

struct StoredTransaction {
  uint64_t id = 0;  // grows with every insert: newest first means highest first
  core::GlobalTransaction transaction;
  base::Time next_wake = base::kNever;
};

// All given conditions must hold. Empty or unset: any.
struct ListFilter {
  std::vector<core::Status> statuses;
  std::vector<core::Mode> modes;
  std::string gid_prefix;
  base::Time created_from;  // inclusive
  base::Time created_to;    // inclusive
  base::Time wakes_after;   // open ones whose next_wake is later than this
  core::Filter filter;      // and this one, which the ages of are counted from `now`
  base::Time now;
  uint64_t before_id = 0;  // only ids below this: the last id of the page before
  size_t limit = 100;
};

struct StoreCounts {
  std::map<core::Status, uint64_t> open;
  base::Time oldest_open;  // create time; unset when nothing is open
};

// Thread-safe. Sees every commit that returned before the call began.
class TransactionQuery {
 public:
  virtual ~TransactionQuery() = default;

  // NotFound when the gid does not exist.
  virtual absl::StatusOr<StoredTransaction> Find(const std::string& gid) = 0;

  // Newest first, without branches.
  virtual absl::StatusOr<std::vector<StoredTransaction>> List(const ListFilter& filter) = 0;

  // Oldest first; empty for an unknown gid.
  virtual absl::StatusOr<std::vector<core::HistoryEntry>> History(const std::string& gid) = 0;

  virtual absl::StatusOr<StoreCounts> Count() = 0;

  // Reads of the store since start, by everyone: stands still while the server is idle.
  virtual uint64_t QueryCount() const = 0;
};

}  // namespace saga::port
