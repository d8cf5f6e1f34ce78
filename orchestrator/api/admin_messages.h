#pragma once

// Core types as messages of saga.v1, and what requests ask for as core types. Pure functions.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/definition.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/node_list.h"
#include "orchestrator/port/transaction_query.h"
#include "saga/v1/admin.pb.h"

namespace saga::api {

// A transaction at one moment.
struct View {
  core::GlobalTransaction transaction;
  base::Time next_wake = base::kNever;
  std::vector<uint32_t> in_flight;
};

// With its branches and why it waits.
v1::Transaction ToMessage(const View& view, const core::Settings& settings, base::Time now);
// One line of a list: without branches.
v1::Transaction ToListMessage(const port::StoredTransaction& stored, base::Time now);
v1::HistoryEntry ToMessage(const core::HistoryEntry& entry);
v1::Definition ToMessage(const core::SagaDefinition& definition);
v1::Node ToMessage(const port::NodeView& node);
v1::StatsReply ToMessage(const engine::EngineStats& stats, const port::StoreCounts& counts);

// "user@host tool: reason", without what is empty; "operator" when everything is.
std::string ToText(const v1::Actor& actor);

// InvalidArgument names the field and what is allowed. The filter's limit is one more than the
// page's, which shows whether there is another page. Ages count from `now`.
absl::StatusOr<port::ListFilter> ToFilter(const v1::ListRequest& request, base::Time now);

}  // namespace saga::api
