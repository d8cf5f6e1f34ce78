#pragma once

// A transaction on a stage of its own: the rules, a clock that a test turns, participants that say
// what a test wrote down. One pass is what DTM's tests call a cron pass: everything owed is called
// until nothing is owed now.

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/core/step.h"
#include "orchestrator/core/transaction.h"

namespace saga::scenario {

using core::Outcome;

// n steps with targets "a1:1/P/M", "c1:1/P/M" ...
core::GlobalTransaction SagaDraft(size_t steps);
core::GlobalTransaction TccDraft();
core::GlobalTransaction XaDraft();
core::GlobalTransaction MessageDraft(size_t branches);
// Named "order", called back at "w:1/P/Resume".
core::GlobalTransaction WorkflowDraft();
// What a client registers: the two rows of a TCC or XA branch, or one step of a workflow.
core::BranchRegistered TccBranch(const std::string& branch_id);
core::BranchRegistered XaBranch(const std::string& branch_id);
core::BranchRegistered WorkflowStep(const std::string& branch_id, core::Op op,
                                    core::BranchStatus status, const std::string& reply);

class Play {
 public:
  // What the participant answers to a call of (branch, op), in order; success when nothing is left.
  void Script(const std::string& branch_id, core::Op op, std::vector<Outcome> outcomes);

  // What every answer from here on carries besides its outcome: the attempt limit of the
  // participant or the server, and, if the outcome is unknown, why asking again is of no use.
  void LimitAttempts(uint32_t limit) { attempt_limit_ = limit; }
  void SayHopeless(core::DeadReason reason) { hopeless_ = reason; }

  core::Verdict Prepare(core::GlobalTransaction draft);
  core::Verdict Submit(core::GlobalTransaction draft);
  core::Verdict Do(core::Event event);

  // The next call of (branch, op) goes out over the fallback, its reply is awaited for `patience`.
  // The number of the attempt.
  uint32_t SendOverFallback(const std::string& branch_id, core::Op op, base::Duration patience);
  // An answer to some attempt, whenever it comes; a reply that came over a queue, or one to a call.
  core::Verdict Reply(const std::string& branch_id, core::Op op, uint32_t attempt, Outcome outcome);
  core::Verdict Answer(const std::string& branch_id, core::Op op, uint32_t attempt,
                       Outcome outcome);

  // Wakes it, if it is due, and calls until nothing is owed. False: it was not due.
  bool Pass();
  void Wait(base::Duration time) { now_ = now_ + time; }
  // Lets time pass to the next planned wake and makes a pass. The time that passed.
  base::Duration NextPass();

  const core::GlobalTransaction& transaction() const { return transaction_; }
  const core::Branch& Row(const std::string& branch_id, core::Op op) const;
  // What the last event, or the last call over the fallback, came to.
  const core::Decision& last() const { return last_; }
  // Of all events so far.
  const std::vector<core::HistoryEntry>& history() const { return history_; }
  const std::vector<core::Notice>& notices() const { return notices_; }
  // The rows in the protocol's order, P, S or F each; without the check-back or callback row.
  std::string Rows() const;
  std::string Status() const;
  const std::vector<std::string>& Calls() const { return calls_; }  // "01/action" ...
  base::Time Now() const { return now_; }

 private:
  core::Context At() const { return {.now = now_}; }
  void CallAll();
  core::Decision& Note(core::Decision decision);
  core::Verdict Hear(const std::string& branch_id, core::Op op, uint32_t attempt, Outcome outcome,
                     bool from_queue);

  core::GlobalTransaction transaction_;
  bool exists_ = false;
  base::Time now_{1'700'000'000'000'000};
  std::map<std::pair<std::string, core::Op>, std::deque<Outcome>> script_;
  std::vector<std::string> calls_;
  uint32_t attempt_limit_ = 0;
  core::DeadReason hopeless_ = core::DeadReason::kNone;
  core::Decision last_;
  std::vector<core::HistoryEntry> history_;
  std::vector<core::Notice> notices_;
};

}  // namespace saga::scenario
