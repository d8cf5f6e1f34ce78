#pragma once

// A transaction of which nothing is known but what DTM's tables say: what a server that takes it
// over has to assume (protocol 5 and 7.1).
//
//   - Options, order, delay and a workflow's input come from the JSON texts DTM keeps.
//   - The check-back of a message and the callback of a workflow, which DTM has no rows for, get
//     theirs.
//   - DTM's default writes a branch's success up to 200 ms after it told, so of an aborting saga
//     every action may have run, whatever its row says, and is compensated: the barrier makes
//     nothing of a compensation without an action.
//
// Pure.

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "orchestrator/core/transaction.h"

namespace saga::adapter::mysql {

// Fills in what the texts in the columns `options` and `custom_data` say. DataLoss: they are no
// JSON, and DTM could not have gone on with it either.
absl::Status TakeDtmTexts(absl::string_view options, core::GlobalTransaction* transaction);

// What a row whose status DTM wrote tells of the branch.
void AssumeBranch(const core::GlobalTransaction& transaction, core::Branch* branch);

// After the rows of trans_branch_op are in `transaction->branches`: what else follows.
void AssumeProgress(core::GlobalTransaction* transaction);

// The text of the column `options`.
std::string DtmOptions(const core::GlobalTransaction& transaction);
// The text of the column `custom_data`: the client's, or where there is none what DTM needs to keep
// a saga's order or a message's delay.
std::string DtmCustomData(const core::GlobalTransaction& transaction);

}  // namespace saga::adapter::mysql
