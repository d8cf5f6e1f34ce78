#pragma once

// Looking at everything that a store holds, to tell whether it can be so. A store finds what is
// wrong with its rows as rows (columns that cannot be read, rows of nothing, gaps); what a record
// as a whole may not be is the same for every store and is found in orchestrator/care.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/port/job_store.h"

namespace saga::port {

// Something that cannot be, if everything always went right.
struct Finding {
  std::string name;     // of what does not hold: "branch_row_missing"; listed in doc/care.md
  std::string subject;  // the gid of a transaction, or "job 7f3a", "outbox 12", "the store"
  std::string text;     // one line for people

  bool operator==(const Finding&) const = default;
};

// One transaction, read without a doubt.
struct AuditedTransaction {
  uint64_t id = 0;
  core::GlobalTransaction transaction;
  base::Time next_wake = base::kNever;
  std::vector<core::HistoryEntry> history;  // oldest first
  // The history was told from the transaction's birth on, and its beginning is still there. False:
  // it grew too long, or another program wrote the transaction before.
  bool whole_history = true;
};

struct AuditedJob {
  Job job;
  JobCounts counts;
};

// Thread safety: one call at a time.
class StoreAudit {
 public:
  struct Listener {
    absl::FunctionRef<void(const Finding&)> on_finding;
    // What has a finding that keeps it from being read is not told here.
    absl::FunctionRef<void(const AuditedTransaction&)> on_transaction;
    absl::FunctionRef<void(const AuditedJob&)> on_job;
    // For people who wait: so many transactions of about so many (0: not known).
    absl::FunctionRef<void(uint64_t done, uint64_t all)> on_progress;
  };

  virtual ~StoreAudit() = default;

  // Tells everything, in the order of inserts, as it was at one moment: commits that come meanwhile
  // are not seen, and do not wait. Keeps one transaction in memory at a time. An error: the store
  // could not be read to its end, so that what was told is not all.
  virtual absl::Status Walk(const Listener& listener) = 0;
};

}  // namespace saga::port
