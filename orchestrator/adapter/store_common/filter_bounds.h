#pragma once

// What a filter says for certain, whatever else it asks for: with that a store looks at fewer
// records before it asks core::Matches about each.

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/core/filter.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/status.h"
#include "orchestrator/core/transaction.h"

namespace saga::adapter {

// The statuses that a transaction which matches may have; at worst all. The same for dead letters.
std::vector<core::Status> StatusesIn(const core::Filter& filter);
// The modes.
std::vector<core::Mode> ModesIn(const core::Filter& filter);
// The gid that a transaction which matches must have, if the filter names one.
std::optional<std::string> GidIn(const core::Filter& filter);
// False: whatever else it is, a transaction with `known`'s gid, mode and status does not match.
bool MayMatch(const core::Filter& filter, const core::GlobalTransaction& known);
// Whether core::Matches looks at the transaction's branches.
bool AsksAboutBranches(const core::Filter& filter);

}  // namespace saga::adapter
