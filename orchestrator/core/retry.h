#pragma once

// The times that options and the server's settings come to. First of all when to ask
// again: DTM's observable timing (protocol 6.2): ongoing repeats at the current
// interval, every unknown outcome doubles it, a success starts over. Two things are ours, where no
// client can notice: a cap on the doubling and a little jitter, always late and never early.

#include <cstdint>

#include "orchestrator/base/time.h"
#include "orchestrator/core/step.h"
#include "orchestrator/core/transaction.h"

namespace saga::core {

// How long one branch call may take.
base::Duration RequestTimeout(const Options& options, const Settings& settings);

// How long a TCC or XA may stay prepared, and how old a prepared message may get before its
// check-back. A saga has no default (protocol 5.2).
base::Duration TimeoutToFail(const Options& options, const Settings& settings);

// The interval before any doubling.
base::Duration BaseInterval(const Options& options, const Settings& settings);

// The interval after `unknown_streak` unknown outcomes in a row.
base::Duration RetryInterval(const Options& options, const Settings& settings,
                             uint32_t unknown_streak);

// The interval that the transaction's next repeat would keep: that of the row whose turn it is and
// that has gone wrong most often.
base::Duration PresentInterval(const GlobalTransaction& transaction, const Settings& settings);

// The pause before repeat number `repeat` (from 1) of an action under retry_limit. DTM repeats
// those at once; the short, growing pause keeps a failing participant from being hammered (decision
// 0002).
base::Duration LimitedRetryPause(const Options& options, const Settings& settings, uint32_t repeat);

// How long a row that got no answer waits for its next call: RetryInterval, or what its own policy
// makes of the same number of unknown outcomes, plus jitter; `jitter` in [0, 1).
base::Duration RetryDelay(const GlobalTransaction& transaction, const Branch& branch,
                          const Settings& settings, double jitter);

// `interval` plus jitter; `jitter` in [0, 1).
base::Duration WithJitter(base::Duration interval, double jitter);

}  // namespace saga::core
