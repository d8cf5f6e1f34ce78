#pragma once

// Everything that can happen to a transaction. Requests, answers and timers all arrive as one of
// these.

#include <string>
#include <variant>
#include <vector>

#include "orchestrator/core/status.h"
#include "orchestrator/core/transaction.h"

namespace saga::core {

// The client announces a transaction. `draft` has what the client said (gid, mode, options,
// branches, ...); status, times and version are set by Step.
struct Prepared {
  GlobalTransaction draft;
};

// The client asks that it be carried out. On a prepared transaction the stored branches count, not
// the draft's.
struct Submitted {
  GlobalTransaction draft;
  // The rows may be others the next time the same words are sent (a topic has other receivers), so
  // they do not tell whether a repeated submit is the same one.
  bool rows_vary = false;
};

// A branch that a client adds while prepared. `rows`: a TCC's cancel and confirm; an XA's rollback
// and commit; or one step of a workflow, which has run already and has its final status.
struct BranchRegistered {
  Mode mode = Mode::kTcc;
  std::vector<Branch> rows;
};

// A call came back. `attempt` is the number StartCall gave it.
struct BranchAnswered {
  uint32_t row = 0;  // index into GlobalTransaction::branches
  uint32_t attempt = 0;
  Outcome outcome = Outcome::kUnknown;
  std::string text;  // for any outcome but success
  // What the answer says of asking again: kNone, or why it would be of no use.
  DeadReason hopeless = DeadReason::kNone;
  // Of the participant or the server, for branches whose transaction names none; 0: no limit.
  uint32_t attempt_limit = 0;
  // Nobody was reached, and there is a way round: the next attempt need not wait for long.
  bool way_round = false;
  // The reply will be acknowledged to a queue, which then forgets it: it must be stored.
  bool from_queue = false;
};

// A time that NextWake named has come.
struct Woken {};

struct AbortRequested {
  std::string reason;
  std::string actor;  // who, for the history; empty: the client
  bool by_operator =
      false;  // an operator may also abort a running saga; a client may not (protocol 5.8)
};

// The client tells how its workflow ended.
struct WorkflowEnded {
  Status status = Status::kSucceed;  // succeed or failed
  std::string rollback_reason;
  std::string result;  // base64
};

// An operator gives it up: failed at once, nothing more is called, nothing is undone.
struct ForceStopRequested {
  std::string reason;
  std::string actor;  // as in AbortRequested
};

// An operator wants no more waiting: every planned retry is due at once.
struct RetryRequested {
  std::string actor;
};

// An operator acts on a dead letter. `death` says which of the row's deaths is meant, so that an
// act planned on what was seen then does nothing to what is there now.
struct DeadLetterAct {
  enum class Kind : uint8_t {
    kReplay,              // call it again, with a fresh attempt limit
    kEdit,                // replace the payload; it stays dead until it is replayed
    kResolveDone,         // somebody did it by hand: it counts as success
    kResolveCompensated,  // an action that was undone by hand: the transaction is undone without it
    kResolveFailed,       // an action that is not to be: the transaction is undone
    kDiscard,             // not done and not to be done: the transaction goes on without it
  };

  Kind kind = Kind::kReplay;
  std::string branch_id;
  Op op = Op::kAction;
  uint32_t death = 0;
  base::Bytes payload;  // kEdit
  std::string reason;   // in the operator's words
  std::string actor;
};

using Event =
    std::variant<Prepared, Submitted, BranchRegistered, BranchAnswered, Woken, AbortRequested,
                 WorkflowEnded, ForceStopRequested, RetryRequested, DeadLetterAct>;

}  // namespace saga::core
