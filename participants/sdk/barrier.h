#pragma once

// The barrier: makes a branch safe against everything an orchestrator and a network may do to it.
// DTM's table and algorithm (protocol 7.2, 7.3), so that services written with DTM's libraries can
// share a database with this one.
//
//   Barrier barrier(context);
//   BarrierResult result = barrier.Call(database, [&](Transaction& tx) -> Outcome { ...the business
//   change... }); return result.outcome;
//
// The change and the note that it happened are one local transaction. So a repeated call is
// answered without doing anything, a compensation or cancel whose action never arrived does nothing
// (null compensation), and an action that arrives after its compensation does nothing (hanging). A
// change that is not done leaves no note.
//
// The table is the one that DatabaseOptions names, with exactly DTM's columns and unique key. On
// MySQL that may be the very table that services in other languages use through DTM's libraries,
// and a call that reached one of them is a repeat for the other. What to know there:
//   - `work` runs again after a deadlock (database.h). The barrier's rows go with the first run.
//   - Busy, or not reachable: `try later`. The connection broke while committing: `unknown`. sagad
//     calls again in both cases, and the barrier tells whether it had happened.
//   - The times in the table are the server's local time, as DTM's clients leave them.
//   - A table whose collation does not tell "A" from "a" (DTM's own, in a database with MySQL's
//     default) takes two such gids for one. That is noticed and answered as `unknown`, not skipped.
//
// Make one Barrier per request: it numbers the calls made through it, and a repeat of the request
// has to meet the same numbers. Thread safety: none; a request is handled by one thread.

#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "participants/sdk/branch_context.h"
#include "participants/sdk/database.h"
#include "participants/sdk/outcome.h"

namespace saga::participants::sdk {

enum class BarrierVerdict {
  kRan,               // the change was tried; the outcome is its own
  kDuplicate,         // done earlier
  kNullCompensation,  // there is nothing to undo, and from now on the late action has no effect
  kHanging,           // this action or try came after its undo
  kError,             // the barrier itself could not be read or written; the outcome says why
};

// "ran", "duplicate", "null_compensation", "hanging", "error": for logs.
absl::string_view Name(BarrierVerdict verdict);

struct [[nodiscard]] BarrierResult {
  BarrierVerdict verdict;
  // What to answer. Skipping is success, with one exception: a message sender's own change whose
  // check-back came first is refused, because sagad already knows the transaction as failed.
  Outcome outcome;
};

// Makes the table when it is not there. On MySQL one that is there is looked at:
// FAILED_PRECONDITION when it has no unique key over gid, branch_id, op and barrier_id, or is of an
// engine without transactions, where a barrier would be none.
[[nodiscard]] absl::Status CreateBarrierTable(Database& database);

class Barrier {
 public:
  explicit Barrier(BranchContext context) : context_(std::move(context)) {}

  // Runs `work` at most once, ever, per branch, op and number of the call in its request.
  BarrierResult Call(Database& database, absl::FunctionRef<Outcome(Transaction&)> work);

  // The answer to a two-phase message's check-back: done when the sender's change (made through a
  // Barrier with MessageSenderContext) was committed; otherwise failed for good, and that change
  // can never be committed any more. Waits for the sender's transaction when it is open right now.
  Outcome QueryPrepared(Database& database);

  const BranchContext& context() const { return context_; }

 private:
  BranchContext context_;
  int calls_ = 0;
};

}  // namespace saga::participants::sdk
