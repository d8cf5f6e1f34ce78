#pragma once

#include "orchestrator/core/step.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::engine {

// What is sent when `branch`, a row of `transaction`, is called.
port::BranchCall CallOf(const core::GlobalTransaction& transaction, const core::Branch& branch,
                        const core::Settings& settings);

}  // namespace saga::engine
