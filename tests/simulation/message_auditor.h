#pragma once

// Says whether what stands in the broker's log, and what is parked in the store, is what the store
// says. Knows the records and the messages; knows nothing of how they came about.

#include <map>
#include <string>
#include <vector>

#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/base/message.h"
#include "orchestrator/core/transaction.h"
#include "tests/simulation/sim_broker.h"

namespace saga::simulation {

using Records = std::map<std::string, core::GlobalTransaction>;  // all there are, by gid

// The topics of every world.
inline constexpr char kReplies[] = "saga.reply";
inline constexpr char kEvents[] = "saga.events";
inline constexpr char kDeadLetters[] = "saga.dlq";

// At the end: the events are the ended transactions, every death has its copy, nothing waits and
// nothing is left that nobody understood.
std::vector<std::string> AuditMessages(const Records& records, const SimBroker& broker,
                                       adapter::MemoryStore& disk);

// While no operator is there: what has not ended is parked, and says why.
std::vector<std::string> AuditParked(const Records& records);

// Before a reply is acknowledged: what it says is stored. Empty: it is.
std::string AuditAcknowledgement(const base::Message& reply, adapter::MemoryStore& disk);

// Distinct dead letters in the log.
size_t CountDeaths(const SimBroker& broker);

}  // namespace saga::simulation
