#pragma once

// What differs between modes, as one interface. A new mode is one file that implements it and one
// line in RulesFor. Everything that is the same for all modes stands in step.cc.

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/base/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/step.h"
#include "orchestrator/core/transaction.h"

namespace saga::core {

// One step in the making: the transaction being changed and the decision being written.
class Change {
 public:
  Change(GlobalTransaction& transaction, const Context& context, Decision& decision)
      : transaction(transaction), context(context), decision(decision) {}

  // Moves to `to` along an arrow of the diagram in status.h; must be durable before anything is
  // done about it.
  void SetStatus(Status to);
  // Moves to aborting, or from prepared straight to failed for a mode with nothing to undo, and
  // keeps the reason.
  void StartAborting(std::string reason);
  void Fail(std::string reason);
  // Plans the next call of a row and what is known of the last one.
  void RetryAt(uint32_t row, base::Time when);
  // The row is not called again until an operator acts on it.
  void MarkDead(uint32_t row, DeadReason reason);
  void Touch(uint32_t row);
  void AddHistory(HistoryEntry entry);

  GlobalTransaction& transaction;
  const Context& context;
  Decision& decision;
};

class ModeRules {
 public:
  virtual ~ModeRules() = default;

  // The op that is driven in the transaction's present status; none while only an outside event can
  // move it.
  virtual std::optional<Op> OwedOp(const GlobalTransaction& transaction) const = 0;

  // Rows of that op whose turn it is, whatever their retry times say, in calling order.
  virtual std::vector<uint32_t> Runnable(const GlobalTransaction& transaction) const = 0;

  // The status to move to once nothing is owed in the present one.
  virtual std::optional<Status> Completed(const GlobalTransaction& transaction) const = 0;

  // Sets the times that follow from being prepared and from being submitted.
  virtual void OnPrepared(Change& change) const;
  virtual void OnSubmitted(Change& change) const;

  // A row's answer, already noted on the row.
  virtual void OnSuccess(Change& change, uint32_t row) const;
  // Whether a failure is an answer in the present status. Where it is none (protocol 4.4) it is
  // retried like unknown.
  virtual bool MayRefuse(const GlobalTransaction&) const { return false; }
  // Only where it may refuse.
  virtual void OnFailure(Change& change, uint32_t row, const std::string& text) const;
  // Before an ongoing or unknown row is planned again. True: the mode has planned something itself.
  virtual bool OnNotYet(Change& change, uint32_t row) const;

  // Repeats come so soon that a client waiting for the result waits for them too (retry_limit,
  // protocol 5.3).
  virtual bool RepeatsAtOnce(const GlobalTransaction&) const { return false; }

  // When the present status runs out of time, and what follows.
  virtual base::Time Deadline(const GlobalTransaction& transaction, const Settings& settings) const;
  virtual void OnDeadline(Change& change) const;

  // kAccepted: the change was made. Anything else: nothing was.
  virtual Verdict OnAbort(Change& change, const std::string& reason, bool by_operator) const = 0;

  // Whether branches may be registered one by one while prepared.
  virtual bool TakesBranches() const { return false; }
  // Whether registering a known branch is refused even in the same words: the sign of a second
  // client that runs the same workflow (protocol 11.1 #11).
  virtual bool TakesBranchOnce() const { return false; }
  // Whether preparing is no more than asking how far it has come (prepareWorkflow, protocol 5.8).
  virtual bool PreparesInAnyStatus() const { return false; }
};

const ModeRules& RulesFor(Mode mode);

const ModeRules& SagaRules();
const ModeRules& TccRules();
const ModeRules& MessageRules();
const ModeRules& XaRules();
const ModeRules& WorkflowRules();

// "Timeout after n seconds" (protocol 5.2).
std::string TimeoutReason(base::Duration timeout);

}  // namespace saga::core
