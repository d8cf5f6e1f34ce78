#pragma once

// Steps of a message that name a topic instead of a target: `topic://<name>` (protocol 5.5).

#include <cstddef>

#include "absl/status/status.h"
#include "orchestrator/api/codec.h"
#include "orchestrator/api/topics.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

// Whether any step of `request`, a message, names a topic.
bool NamesTopics(const DtmRequest& request);

// Fills `receivers` of those steps. `request` has passed Validate.
// InvalidArgument: `topic not found`, when there is no such topic or nobody subscribed to it; the
// message would have more than `max_branches` branches; a receiver cannot be called by a message
// of this protocol. Anything else: what the topic's receivers are is not known (Topics::Receivers).
absl::Status FillReceivers(Topics& topics, DtmRequest& request,
                           size_t max_branches = core::kMaxSteps);

}  // namespace saga::api
