#pragma once

// The record the whole system is about: plain data, copied and compared by value. Who may change
// it: Step and StartCall in step.h. Everything the engine owes is a function of this record (see
// Due and NextWake).

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/base/bytes.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/mode.h"
#include "orchestrator/core/outcome.h"
#include "orchestrator/core/status.h"

namespace saga::core {

// When a branch that got no answer is called again, where it differs from its transaction's
// options. Fixed at birth. A zero means: as the transaction and the server have it.
struct RetryPolicy {
  base::Duration interval;     // before the first repeat
  double factor = 0;           // of the interval from one unknown outcome to the next; from 1
  base::Duration cap;          // the interval grows no further
  double jitter = 0;           // share of the interval that chance may add, up to 1
  uint32_t attempt_limit = 0;  // calls until it is a dead letter

  bool operator==(const RetryPolicy&) const = default;
  bool Empty() const { return *this == RetryPolicy{}; }
};

// One op of one branch: a thing that may have to be called.
struct Branch {
  // Fixed at birth.
  std::string branch_id;  // "01", "02", ... (protocol 8.2)
  Op op = Op::kAction;
  std::string target;   // URL; empty: succeeds without a call
  base::Bytes payload;  // an operator may edit that of a dead letter
  RetryPolicy retry;

  // Changing.
  BranchStatus status = BranchStatus::kPrepared;
  // A call may have reached the participant: undoing must not leave it out (house rule 5, unknown
  // is an outcome).
  bool called = false;
  uint32_t attempts = 0;  // calls started
  uint32_t unknown_streak =
      0;  // unknown outcomes since the last other one: the exponent of the backoff
  Outcome last_outcome = Outcome::kUnknown;  // meaningful when `answered`
  bool answered = false;
  base::Time next_attempt;  // not before this; unset: at once
  base::Time finish_time;
  std::string last_error;  // text of the last answer that was not a success
  // The last attempt went out over the fallback; its reply is awaited until next_attempt.
  bool on_fallback = false;
  base::Time first_failure;  // of the outcomes since the last success or replay that were of no use
  base::Time last_failure;
  // Dead letter: not called while `dead` says why. The attempt limit counts unknown_streak, which a
  // replay sets back.
  DeadReason dead = DeadReason::kNone;
  base::Time dead_time;
  uint32_t deaths = 0;  // how often it was marked dead: which of its deaths an act is about

  // Payloads compare by content: a record read back from a store shares no bytes with the one that
  // was written.
  bool operator==(const Branch& other) const {
    return branch_id == other.branch_id && op == other.op && target == other.target &&
           (payload == other.payload || base::Value(payload) == base::Value(other.payload)) &&
           status == other.status && called == other.called && attempts == other.attempts &&
           unknown_streak == other.unknown_streak && last_outcome == other.last_outcome &&
           answered == other.answered && next_attempt == other.next_attempt &&
           finish_time == other.finish_time && last_error == other.last_error &&
           retry == other.retry && on_fallback == other.on_fallback &&
           first_failure == other.first_failure && last_failure == other.last_failure &&
           dead == other.dead && dead_time == other.dead_time && deaths == other.deaths;
  }
};

// What the client asked for. Durations of 0 mean "the server's default", see Context.
struct Options {
  int64_t timeout_to_fail_s = 0;
  int64_t retry_interval_s = 0;
  int64_t request_timeout_s = 0;
  int64_t retry_limit = 0;
  // Calls of one branch op until it is a dead letter; 0: as the participant or the server has it.
  int64_t attempt_limit = 0;
  std::map<std::string, std::string> branch_headers;

  bool operator==(const Options&) const = default;
};

struct GlobalTransaction {
  std::string gid;
  Mode mode = Mode::kSaga;
  Status status = Status::kPrepared;
  Protocol protocol = Protocol::kHttp;
  Options options;
  bool wait_result = false;  // as last asked for; shown in queries
  bool concurrent = false;   // saga, message: branches in parallel
  // Saga order graph: predecessors[i] are the 0-based steps that step i waits for. Empty: no graph.
  std::vector<std::vector<uint32_t>> predecessors;
  int64_t delay_s = 0;      // message: nothing is delivered before create_time + delay
  std::string custom_data;  // as the client sent it, for queries
  // Message: target of the check-back. Workflow: target of the callback.
  std::string query_prepared;
  std::string workflow;  // workflow: its name, told as op in callbacks
  std::string result;    // workflow: what it returned, base64, opaque to us
  std::string rollback_reason;
  uint32_t limited_retries = 0;  // saga with retry_limit: how many were used up
  std::string definition;        // saga definition it was born from, or empty
  uint32_t definition_version = 0;

  base::Time create_time;
  base::Time update_time;
  base::Time finish_time;
  uint64_t version = 0;  // of the stored record: 1 at insert, one more with every update

  // In the order the protocol lists them (saga: compensate before action; TCC: cancel before
  // confirm; XA: rollback before commit; workflow: as noted). The check-back of a message and the
  // callback of a workflow are rows of their own (branch "00", IsAskBack) that DTM's queries do not
  // show.
  std::vector<Branch> branches;

  bool operator==(const GlobalTransaction&) const = default;
};

}  // namespace saga::core
