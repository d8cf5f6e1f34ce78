// Saga: actions forward, in sequence or in parallel or along an order graph; compensations back
// (protocol 5.3).

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/mode_rules.h"
#include "orchestrator/core/retry.h"

namespace saga::core {

namespace {

// Rows come in pairs: step i is compensate row 2i and action row 2i + 1.
size_t Steps(const GlobalTransaction& t) { return t.branches.size() / 2; }
const Branch& Compensate(const GlobalTransaction& t, size_t step) { return t.branches[2 * step]; }
const Branch& Action(const GlobalTransaction& t, size_t step) { return t.branches[2 * step + 1]; }

// An action that failed, succeeded or may have reached the participant has to be undone. The failed
// one too: its answer says that the business refused, not that nothing happened (protocol 11.1
// #21).
bool NeedsUndo(const GlobalTransaction& t, size_t step) {
  return Action(t, step).status != BranchStatus::kPrepared || Action(t, step).called;
}

bool Undone(const GlobalTransaction& t, size_t step) {
  return !NeedsUndo(t, step) || Compensate(t, step).status != BranchStatus::kPrepared;
}

bool MayAct(const GlobalTransaction& t, size_t step) {
  const auto done = [&](size_t other) { return Action(t, other).status == BranchStatus::kSucceed; };
  if (!t.concurrent && step > 0 && !done(step - 1)) return false;
  return step >= t.predecessors.size() ||
         std::all_of(t.predecessors[step].begin(), t.predecessors[step].end(), done);
}

std::vector<uint32_t> RunnableActions(const GlobalTransaction& t) {
  std::vector<uint32_t> rows;
  for (size_t step = 0; step < Steps(t); ++step) {
    if (Action(t, step).status != BranchStatus::kPrepared) continue;
    if (MayAct(t, step)) rows.push_back(static_cast<uint32_t>(2 * step + 1));
    if (!t.concurrent) break;  // the first open action decides
  }
  return rows;
}

// In sequence: strictly from the last step to the first.
std::vector<uint32_t> RunnableUndoInSequence(const GlobalTransaction& t) {
  for (size_t step = Steps(t); step-- > 0;) {
    if (!Undone(t, step)) return {static_cast<uint32_t>(2 * step)};
  }
  return {};
}

// In parallel: a step waits for every step that waited for it.
std::vector<uint32_t> RunnableUndoInParallel(const GlobalTransaction& t) {
  std::vector<bool> blocked(Steps(t), false);
  for (size_t step = 0; step < std::min(Steps(t), t.predecessors.size()); ++step) {
    if (Undone(t, step)) continue;
    for (const uint32_t before : t.predecessors[step]) blocked[before] = true;
  }
  std::vector<uint32_t> rows;
  for (size_t step = Steps(t); step-- > 0;) {
    if (!Undone(t, step) && !blocked[step]) rows.push_back(static_cast<uint32_t>(2 * step));
  }
  return rows;
}

class Rules : public ModeRules {
 public:
  std::optional<Op> OwedOp(const GlobalTransaction& t) const override {
    if (t.status == Status::kSubmitted) return Op::kAction;
    if (t.status == Status::kAborting) return Op::kCompensate;
    return std::nullopt;
  }

  std::vector<uint32_t> Runnable(const GlobalTransaction& t) const override {
    if (t.status == Status::kSubmitted) return RunnableActions(t);
    if (t.status != Status::kAborting) return {};
    return t.concurrent ? RunnableUndoInParallel(t) : RunnableUndoInSequence(t);
  }

  std::optional<Status> Completed(const GlobalTransaction& t) const override {
    if (t.status == Status::kSubmitted) {
      for (size_t step = 0; step < Steps(t); ++step) {
        if (Action(t, step).status != BranchStatus::kSucceed) return std::nullopt;
      }
      return Status::kSucceed;
    }
    if (t.status != Status::kAborting) return std::nullopt;
    for (size_t step = 0; step < Steps(t); ++step) {
      if (!Undone(t, step)) return std::nullopt;
    }
    return Status::kFailed;
  }

  // An action may, a compensation may not.
  bool MayRefuse(const GlobalTransaction& t) const override {
    return t.status == Status::kSubmitted;
  }

  void OnFailure(Change& change, uint32_t row, const std::string& text) const override {
    Branch& branch = change.transaction.branches[row];
    branch.status = BranchStatus::kFailed;
    branch.finish_time = change.context.now;
    change.Touch(row);
    change.StartAborting(absl::StrCat("url:", branch.target, " return failed: ", text));
  }

  bool OnNotYet(Change& change, uint32_t row) const override {
    GlobalTransaction& t = change.transaction;
    if (t.status != Status::kSubmitted || t.options.retry_limit <= 0) return false;
    if (t.limited_retries >= t.options.retry_limit) {
      change.StartAborting(absl::StrCat("RetryCount is greater than RetryLimit, RetryLimit: ",
                                        t.options.retry_limit));
      return true;
    }
    t.limited_retries++;
    change.RetryAt(row, change.context.now + LimitedRetryPause(t.options, change.context.settings,
                                                               t.limited_retries));
    return true;
  }

  bool RepeatsAtOnce(const GlobalTransaction& t) const override {
    return t.status == Status::kSubmitted && t.options.retry_limit > 0;
  }

  base::Time Deadline(const GlobalTransaction& t, const Settings&) const override {
    if (t.status != Status::kSubmitted || t.options.timeout_to_fail_s <= 0) return base::kNever;
    return t.create_time + base::Seconds(t.options.timeout_to_fail_s);
  }

  void OnDeadline(Change& change) const override {
    change.StartAborting(
        TimeoutReason(base::Seconds(change.transaction.options.timeout_to_fail_s)));
  }

  Verdict OnAbort(Change& change, const std::string& reason, bool by_operator) const override {
    // A client has no say over a saga (protocol 5.8); an operator may call one off that is not yet
    // undone.
    const Status status = change.transaction.status;
    if (!by_operator || IsFinal(status)) return Verdict::kCannotAbort;
    if (status == Status::kAborting) return Verdict::kAlready;
    change.StartAborting(reason);
    return Verdict::kAccepted;
  }
};

}  // namespace

const ModeRules& SagaRules() {
  static const Rules rules;
  return rules;
}

}  // namespace saga::core
