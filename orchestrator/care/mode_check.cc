#include "orchestrator/care/mode_check.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "orchestrator/care/history_check.h"

namespace saga::care {
namespace {

using core::Branch;
using core::BranchStatus;
using core::GlobalTransaction;
using core::Mode;
using core::Op;
using core::Status;

bool Settled(const Branch& branch) { return branch.status != BranchStatus::kPrepared; }

// The arrows of core/status.h that a mode has.
bool HasStatus(Mode mode, Status status) {
  switch (mode) {
    case Mode::kSaga:
    case Mode::kTcc:
    case Mode::kXa:
      return true;
    case Mode::kMessage:
      return status != Status::kAborting;
    case Mode::kWorkflow:
      return status != Status::kSubmitted && status != Status::kAborting;
  }
  return false;
}

bool HasOp(Mode mode, Op op) {
  switch (mode) {
    case Mode::kSaga:
      return op == Op::kAction || op == Op::kCompensate;
    case Mode::kTcc:
      return op == Op::kConfirm || op == Op::kCancel;
    case Mode::kMessage:
      return op == Op::kAction || op == Op::kQuery;
    case Mode::kXa:
      return op == Op::kCommit || op == Op::kRollback;
    case Mode::kWorkflow:
      return op != Op::kQuery;
  }
  return false;
}

// Each branch is two rows, the one that undoes first.
bool InPairs(const GlobalTransaction& t, Op back, Op forward) {
  if (t.branches.size() % 2 != 0) return false;
  for (size_t row = 0; row < t.branches.size(); row += 2) {
    const Branch& first = t.branches[row];
    const Branch& second = t.branches[row + 1];
    if (first.op != back || second.op != forward || first.branch_id != second.branch_id)
      return false;
  }
  return true;
}

// The steps of an order graph, walked from those that wait for nobody: what is left waits for
// itself.
bool HasCycle(const std::vector<std::vector<uint32_t>>& predecessors) {
  std::vector<bool> done(predecessors.size(), false);
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t step = 0; step < predecessors.size(); ++step) {
      if (done[step]) continue;
      const auto& before = predecessors[step];
      const auto is_done = [&](uint32_t other) { return done[other]; };
      if (!std::all_of(before.begin(), before.end(), is_done)) continue;
      done[step] = moved = true;
    }
  }
  return std::find(done.begin(), done.end(), false) != done.end();
}

void CheckGraph(const GlobalTransaction& t, Findings* findings) {
  if (t.predecessors.empty()) return;
  if (t.mode != Mode::kSaga) {
    findings->Add("order_graph", "a ", WordOf(t.mode), " has no order of steps");
    return;
  }
  const size_t steps = t.branches.size() / 2;
  if (t.predecessors.size() > steps) {
    findings->Add("order_graph", "it orders ", t.predecessors.size(), " of ", steps, " steps");
    return;
  }
  for (size_t step = 0; step < t.predecessors.size(); ++step) {
    for (const uint32_t before : t.predecessors[step]) {
      if (before < t.predecessors.size()) continue;
      if (before >= steps)
        findings->Add("order_graph", "step ", step, " waits for step ", before, ", of ", steps);
      return;  // what waits for a step without an entry is in no circle with it
    }
  }
  if (HasCycle(t.predecessors)) findings->Add("order_graph", "steps wait for each other");
}

// Every row of the op that decides has been settled.
void CheckAllSettled(const GlobalTransaction& t, Op op, Findings* findings) {
  for (size_t row = 0; row < t.branches.size(); ++row) {
    const Branch& branch = t.branches[row];
    if (branch.op != op || Settled(branch)) continue;
    findings->Add(t.status == Status::kSucceed ? "succeeded_undone_work" : "failed_not_undone",
                  RowName(t, row), " is prepared, and the transaction is ", WordOf(t.status));
  }
}

// An action that was or may have been carried out has its compensation behind it.
void CheckUndone(const GlobalTransaction& t, Findings* findings) {
  for (size_t row = 0; row + 1 < t.branches.size(); row += 2) {
    const Branch& action = t.branches[row + 1];
    if ((Settled(action) || action.called) && !Settled(t.branches[row])) {
      findings->Add("failed_not_undone", RowName(t, row + 1), " is ", WordOf(action.status),
                    action.called ? ", was called" : "", ", and its compensation is prepared");
    }
  }
}

void CheckSaga(const GlobalTransaction& t, Findings* findings) {
  if (!InPairs(t, Op::kCompensate, Op::kAction)) {
    findings->Add("rows_out_of_order", "a saga's rows are compensate, action of each step");
    return;
  }
  CheckGraph(t, findings);
  for (size_t row = 1; row < t.branches.size(); row += 2) {
    const BranchStatus status = t.branches[row].status;
    if (t.status == Status::kSucceed && status != BranchStatus::kSucceed) {
      findings->Add("succeeded_undone_work", RowName(t, row), " is ", WordOf(status),
                    ", and the transaction is succeed");
    }
    const bool early = t.status == Status::kPrepared || t.status == Status::kSubmitted;
    if (early && status == BranchStatus::kFailed) {
      findings->Add("failure_not_followed", RowName(t, row), " failed, and the transaction is ",
                    WordOf(t.status));
    }
  }
  if (t.status == Status::kFailed) CheckUndone(t, findings);
}

void CheckSecondPhase(const GlobalTransaction& t, Op back, Op forward, Findings* findings) {
  if (!InPairs(t, back, forward)) {
    findings->Add("rows_out_of_order", "its rows are ", WordOf(back), ", ", WordOf(forward),
                  " of each branch");
    return;
  }
  if (t.status == Status::kSucceed) CheckAllSettled(t, forward, findings);
  if (t.status == Status::kFailed) CheckAllSettled(t, back, findings);
  const bool ends_forward = t.status == Status::kSubmitted || t.status == Status::kSucceed;
  const bool ends_back = t.status == Status::kAborting || t.status == Status::kFailed;
  for (size_t row = 0; row < t.branches.size(); ++row) {
    const Branch& branch = t.branches[row];
    if (!Settled(branch) && !branch.called) continue;
    if (!(ends_forward && branch.op == back) && !(ends_back && branch.op == forward) &&
        t.status != Status::kPrepared)
      continue;
    findings->Add("other_way_taken", RowName(t, row), " was called, and the transaction is ",
                  WordOf(t.status));
  }
}

void CheckMessage(const GlobalTransaction& t, Findings* findings) {
  const auto queries = std::count_if(t.branches.begin(), t.branches.end(),
                                     [](const Branch& b) { return b.op == Op::kQuery; });
  if (queries > 1) findings->Add("rows_out_of_order", queries, " check-backs");
  if (t.status == Status::kSucceed) CheckAllSettled(t, Op::kAction, findings);
  if (t.status != Status::kPrepared && t.status != Status::kFailed) return;
  for (size_t row = 0; row < t.branches.size(); ++row) {
    const Branch& branch = t.branches[row];
    if (branch.op == Op::kAction && (Settled(branch) || branch.called)) {
      findings->Add("other_way_taken", RowName(t, row), " was delivered, and the transaction is ",
                    WordOf(t.status));
    }
  }
}

void CheckWorkflow(const GlobalTransaction& t, Findings* findings) {
  size_t callbacks = 0;
  for (size_t row = 0; row < t.branches.size(); ++row) {
    const Branch& branch = t.branches[row];
    if (branch.op == Op::kCallback) {
      ++callbacks;
    } else if (!Settled(branch)) {
      findings->Add("step_without_result", RowName(t, row), " is prepared");
    }
  }
  if (callbacks > 1) findings->Add("rows_out_of_order", callbacks, " callbacks");
}

}  // namespace

void CheckMode(const port::AuditedTransaction& audited, Findings* findings) {
  const GlobalTransaction& t = audited.transaction;
  if (!HasStatus(t.mode, t.status))
    findings->Add("status_of_other_mode", "a ", WordOf(t.mode), " is never ", WordOf(t.status));
  bool ops = true;
  for (size_t row = 0; row < t.branches.size(); ++row) {
    if (HasOp(t.mode, t.branches[row].op)) continue;
    findings->Add("op_of_other_mode", RowName(t, row), " in a ", WordOf(t.mode));
    ops = false;
  }
  // Given up as it was.
  if (!ops || ForceStopped(audited)) return;
  switch (t.mode) {
    case Mode::kSaga:
      return CheckSaga(t, findings);
    case Mode::kTcc:
      return CheckSecondPhase(t, Op::kCancel, Op::kConfirm, findings);
    case Mode::kXa:
      return CheckSecondPhase(t, Op::kRollback, Op::kCommit, findings);
    case Mode::kMessage:
      return CheckMessage(t, findings);
    case Mode::kWorkflow:
      return CheckWorkflow(t, findings);
  }
}

}  // namespace saga::care
