#pragma once

#include <vector>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"

namespace saga::api {

// Everything that happened to `transaction`, oldest first. The store keeps what the record does not
// tell (`stored`); how it began, which calls succeeded and when it ended follow from the record.
std::vector<core::HistoryEntry> WholeHistory(const core::GlobalTransaction& transaction,
                                             std::vector<core::HistoryEntry> stored);

}  // namespace saga::api
