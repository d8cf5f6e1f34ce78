#pragma once

// Records for store tests. The same seed gives the same records, in every build.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "orchestrator/base/message.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::contract {

using Random = std::mt19937_64;

// Up to `max` bytes of any value; often empty, often short.
std::string RandomBytes(Random& random, size_t max);

// Every field takes every kind of value it can have, whether or not a real transaction could look
// so. Version 1.
core::GlobalTransaction RandomTransaction(Random& random, std::string gid, size_t max_branches = 8);

// Changes what may change after birth: anything of the transaction but its gid, progress of some
// rows, new rows at the end. Returns the rows that did, and raises the version.
std::vector<uint32_t> ChangeAtRandom(Random& random, core::GlobalTransaction& transaction);

core::HistoryEntry RandomHistory(Random& random);
base::Message RandomMessage(Random& random);

// A two-step saga as clients make it: submitted, version 1.
core::GlobalTransaction SmallSaga(const std::string& gid);

// An insert or update of `transaction`. The pointers of the result are those given.
port::Write InsertOf(const core::GlobalTransaction& transaction, base::Time next_wake,
                     const std::vector<core::HistoryEntry>* history = nullptr);
port::Write UpdateOf(const core::GlobalTransaction& transaction, base::Time next_wake,
                     const std::vector<uint32_t>* rows = nullptr,
                     const std::vector<core::HistoryEntry>* history = nullptr);

}  // namespace saga::contract
