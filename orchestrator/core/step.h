#pragma once

// The rules, as three functions over plain data. They take the time as an argument and touch
// nothing else, so the same code runs in the server, under the simulator and in the exhaustive
// exploration of tests/model.
//
// Thread safety: none needed; a transaction has one owner (engine/runner.h).

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/transaction.h"

namespace saga::core {

// Server settings that the rules depend on.
struct Settings {
  base::Duration timeout_to_fail = kDefaultTimeoutToFail;  // TCC, message
  base::Duration retry_interval = kDefaultRetryInterval;
  base::Duration request_timeout = kDefaultRequestTimeout;
  base::Duration max_retry_interval = kMaxRetryInterval;
  RequestLimits limits;  // of these the rules look at steps, reason and error
};

// Taken once by the engine for each step.
struct Context {
  base::Time now;
  double jitter = 0;  // in [0, 1)
  Settings settings;
};

// The first event of a gid that nobody knows: Prepared or Submitted make a transaction, all others
// are refused. On kAccepted `*created` is the new transaction, to be stored before anything else.
[[nodiscard]] Decision Create(Event event, const Context& context, GlobalTransaction* created);

// Any later event. Changes `transaction` in place as far as the returned Decision says.
[[nodiscard]] Decision Step(GlobalTransaction& transaction, Event event, const Context& context);

// Rows that should be called now, in the order they should be called. Calls that are already out
// are not left out: the caller knows which those are.
[[nodiscard]] std::vector<uint32_t> Due(const GlobalTransaction& transaction, base::Time now);

// The earliest time at which something becomes owed without an outside event: a retry, the end of a
// delay, a timeout. Rows for which `in_flight` is true are not waited for. base::kNever when
// nothing is planned. A time in the past means: now.
[[nodiscard]] base::Time NextWake(const GlobalTransaction& transaction, const Settings& settings,
                                  absl::FunctionRef<bool(uint32_t)> in_flight);

// As above with no call out: what a store keeps, so that after a crash everything owed is claimed
// at once.
[[nodiscard]] base::Time NextWake(const GlobalTransaction& transaction, const Settings& settings);

// Whether a client that asked to wait for the result has waited long enough: nothing is owed now,
// and nothing will be until a retry interval has passed or somebody outside acts. Calls that are
// out are the caller's business.
[[nodiscard]] bool AtRest(const GlobalTransaction& transaction, base::Time now);

// Notes that row `row` is about to be called and returns the number of the attempt. Not durable by
// itself.
uint32_t StartCall(GlobalTransaction& transaction, uint32_t row);

// As StartCall, for a call that goes out over the fallback: its reply is awaited until `reply_by`,
// and only then is it asked again. Must be stored before the message is sent. Adds to `decision`.
uint32_t StartFallback(GlobalTransaction& transaction, uint32_t row, base::Time reply_by,
                       const Context& context, Decision* decision);

// The row of a branch op; nullopt when there is none.
[[nodiscard]] std::optional<uint32_t> FindRow(const GlobalTransaction& transaction,
                                              std::string_view branch_id, Op op);

// A record read back from a store does not know of calls made after it was written: from here on
// every action that could have been reached counts as called. Returns the rows this changed,
// ascending.
std::vector<uint32_t> AssumeCallsBeyondRecord(GlobalTransaction& transaction);

}  // namespace saga::core
