#pragma once

// Says whether what the world ended up as is what a user would call right. Knows the money, the
// clients' notes and the stored records; knows nothing of how sagad works.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/core/transaction.h"
#include "tests/simulation/bank.h"
#include "tests/simulation/client.h"
#include "tests/simulation/workflow_client.h"

namespace saga::simulation {

// One line for each thing that is wrong with this client's transaction; empty: all is well.
// `record` as it is on disk.
std::vector<std::string> Audit(const Client& client,
                               const absl::StatusOr<core::GlobalTransaction>& record,
                               const Bank& bank);
std::vector<std::string> Audit(const WorkflowClient& client,
                               const absl::StatusOr<core::GlobalTransaction>& record,
                               const Bank& bank);

}  // namespace saga::simulation
