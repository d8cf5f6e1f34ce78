#pragma once

// DTM's resetCronTime: retries of many transactions brought forward at once (protocol 2.2 and 6.4).

#include <cstddef>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/transaction_query.h"

namespace saga::api {

struct Reset {
  size_t succeeded = 0;    // transactions whose next retry is due now
  bool remaining = false;  // there were more than were asked for
};

// Open transactions that have nothing planned for longer than `timeout` from now, the newest
// `limit` of them: what they wait for becomes due. Those that wait for their client, and not for a
// retry, are left as they are and not counted. Blocks for a read of the store; `done` runs on any
// thread, exactly once. Everything named outlives the call.
void ResetRetries(engine::Engine& engine, port::TransactionQuery& query, port::Clock& clock,
                  base::Duration timeout, size_t limit,
                  absl::AnyInvocable<void(absl::StatusOr<Reset>)> done);

}  // namespace saga::api
