#pragma once

// `sagad verify`: everything a store holds, held against everything that must be true of it.

#include <cstdint>
#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "orchestrator/port/store_audit.h"

namespace saga::care {

struct Verified {
  uint64_t transactions = 0;  // that could be read; with `findings` or without
  uint64_t jobs = 0;
  std::map<std::string, uint64_t> findings;  // how many, by name

  uint64_t Findings() const;
};

// Tells each finding as it comes, and counts in `*verified`. An error: the store could not be read
// to its end, and what was counted is not all.
absl::Status Verify(port::StoreAudit& store,
                    absl::FunctionRef<void(const port::Finding&)> on_finding,
                    absl::FunctionRef<void(uint64_t done, uint64_t all)> on_progress,
                    Verified* verified);

// "checked 12 transactions and 1 job: no findings", "...: 3 findings (2 end_untold, 1
// row_end_time)"
std::string SummaryOf(const Verified& verified);

}  // namespace saga::care
