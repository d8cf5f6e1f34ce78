#pragma once

// Why a transaction has not ended yet, in plain words. A pure function: the same record gives the
// same words.

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/base/time.h"
#include "orchestrator/core/step.h"
#include "orchestrator/core/transaction.h"

namespace saga::api {

struct Waiting {
  // One word on whether to worry:
  //   ended     it succeeded or failed
  //   running   a call is out or due now, and none before it went wrong
  //   ok        everything goes as planned, the time has just not come (a delayed message)
  //   waiting   somebody outside has to act: the client has to submit, or a participant said it is
  //             still working
  //   retrying  a call went wrong and is repeated, or waits to be
  //   dead      a branch op is a dead letter: nothing happens there until an operator acts
  std::string health;
  // What is called, retried or waited for, where, how often it was tried, what came back, and what
  // ends the wait. Empty when the transaction has ended.
  std::string waits_for;
};

// `in_flight` are the rows with a call out.
Waiting DescribeWaiting(const core::GlobalTransaction& transaction,
                        const std::vector<uint32_t>& in_flight, const core::Settings& settings,
                        base::Time now);

// As far as it can be told without the branches, as lists have it. `next_wake` as the store keeps
// it.
std::string HealthWithoutBranches(const core::GlobalTransaction& transaction, base::Time next_wake,
                                  base::Time now);

}  // namespace saga::api
