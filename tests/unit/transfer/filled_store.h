#pragma once

// A store with something of everything, to be moved.

#include <string>
#include <vector>

#include "orchestrator/base/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"

namespace saga::transfer {

inline constexpr base::Time kNow{1'700'000'000'000'000};

// Makes the SQLite store `path`: so many transactions of any look, every tenth with a message in
// the outbox, 2 records, 3 parked messages, a job with 2003 items and one without. What was written
// is in the other arguments; null: not asked for.
void FillStore(const std::string& path, int transactions,
               std::vector<core::GlobalTransaction>* written,
               std::vector<std::vector<core::HistoryEntry>>* histories);

}  // namespace saga::transfer
