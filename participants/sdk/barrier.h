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

// Makes the table `barrier` when it is not there.
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
