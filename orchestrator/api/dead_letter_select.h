#pragma once

// What a selection of dead letters means now, as the items of a job.

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/api/dead_letter_messages.h"
#include "orchestrator/base/time.h"
#include "orchestrator/port/dead_letter_query.h"
#include "orchestrator/port/job_store.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::api {

// All waits for the store. Never empty: NotFound when nothing matches. Unavailable: the store does
// not answer.

// Everything that matches `filter`, oldest first. FailedPrecondition: more than `most`; nothing is
// cut off.
absl::StatusOr<std::vector<port::JobItem>> SelectByFilter(port::DeadLetterQuery& query,
                                                          const std::string& filter, base::Time now,
                                                          size_t most);

// These, in this order, each once. FailedPrecondition: one of them is no dead letter.
absl::StatusOr<std::vector<port::JobItem>> SelectByName(port::TransactionQuery& query,
                                                        const std::vector<BranchName>& names);

}  // namespace saga::api
