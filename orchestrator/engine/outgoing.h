#pragma once

// What goes out as messages, made of the records: commands over the fallback, events, and copies of
// dead letters. Pure functions.

#include <cstdint>

#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/participant_directory.h"

namespace saga::engine {

// The command for attempt `attempt` of `row`, to the participant of `facts`; nobody waits for its
// reply after `deadline`.
base::Message CommandOf(const core::GlobalTransaction& transaction, uint32_t row, uint32_t attempt,
                        const port::ParticipantFacts& facts, base::Time deadline,
                        const MessageOptions& options);

// What a notice becomes; a message without a topic: it is not asked for. `transaction` is the
// record as it is being stored.
base::Message MessageOf(const core::Notice& notice, const core::GlobalTransaction& transaction,
                        const MessageOptions& options);

}  // namespace saga::engine
