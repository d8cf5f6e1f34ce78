#include "orchestrator/core/dead_letter.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/core/step.h"

namespace saga::core {

namespace {

using Kind = DeadLetterAct::Kind;

HistoryKind KindOf(Kind act) {
  switch (act) {
    case Kind::kReplay:
      return HistoryKind::kReplayed;
    case Kind::kEdit:
      return HistoryKind::kEdited;
    case Kind::kResolveDone:
    case Kind::kResolveCompensated:
    case Kind::kResolveFailed:
      return HistoryKind::kResolved;
    case Kind::kDiscard:
      return HistoryKind::kDiscarded;
  }
  return HistoryKind::kResolved;
}

void Record(Change& change, const Branch& branch, const DeadLetterAct& act, std::string text) {
  change.AddHistory({.kind = KindOf(act.kind),
                     .branch_id = branch.branch_id,
                     .op = branch.op,
                     .attempt = branch.attempts,
                     .text = std::move(text),
                     .actor = act.actor});
}

void Settle(Change& change, uint32_t row, BranchStatus status) {
  Branch& branch = change.transaction.branches[row];
  branch.status = status;
  branch.finish_time = change.context.now;
  branch.dead = DeadReason::kNone;
  branch.next_attempt = {};
  change.Touch(row);
  change.decision.durable = true;
}

void Replay(Change& change, uint32_t row) {
  Branch& branch = change.transaction.branches[row];
  branch.dead = DeadReason::kNone;
  branch.unknown_streak = 0;
  branch.first_failure = {};
  branch.last_failure = {};
  branch.next_attempt = {};
  change.Touch(row);
  change.decision.durable = true;
}

// The payload before stays in the history, as far as that holds it.
void Edit(Change& change, uint32_t row, const DeadLetterAct& act) {
  Branch& branch = change.transaction.branches[row];
  Record(change, branch, act,
         absl::StrCat(act.reason,
                      "; payload before: ", absl::Utf8SafeCEscape(base::Value(branch.payload))));
  branch.payload = act.payload;
  change.Touch(row);
  // A store may keep a payload once for rows that share it: the row behind is written out too.
  if (row + 1 < change.transaction.branches.size()) change.Touch(row + 1);
  change.decision.payload_edited = true;
  change.decision.durable = true;
}

bool IsSagaAction(const GlobalTransaction& t, const Branch& branch) {
  return t.mode == Mode::kSaga && branch.op == Op::kAction;
}

void Undo(Change& change, uint32_t row, const DeadLetterAct& act) {
  Settle(change, row, BranchStatus::kFailed);
  if (act.kind == Kind::kResolveCompensated) {
    const std::optional<uint32_t> undo =
        FindRow(change.transaction, act.branch_id, Op::kCompensate);
    if (undo.has_value()) Settle(change, *undo, BranchStatus::kSucceed);
  }
  change.StartAborting(act.reason);
}

}  // namespace

Verdict ActOnDeadLetter(Change& change, const DeadLetterAct& act) {
  const GlobalTransaction& t = change.transaction;
  const std::optional<uint32_t> row = FindRow(t, act.branch_id, act.op);
  if (!row.has_value()) return Verdict::kNoDeadLetter;
  const Branch& branch = t.branches[*row];
  if (branch.dead == DeadReason::kNone || branch.deaths != act.death) return Verdict::kNoDeadLetter;
  const bool saga_action = IsSagaAction(t, branch);

  switch (act.kind) {
    case Kind::kReplay:
      Record(change, branch, act, act.reason);
      Replay(change, *row);
      return Verdict::kAccepted;
    case Kind::kEdit:
      Edit(change, *row, act);
      return Verdict::kAccepted;
    case Kind::kResolveDone:
      break;
    case Kind::kResolveCompensated:
      if (branch.op == Op::kCompensate) break;
      if (!saga_action) return Verdict::kCannotResolve;
      Record(change, branch, act, absl::StrCat("as compensated: ", act.reason));
      Undo(change, *row, act);
      return Verdict::kAccepted;
    case Kind::kResolveFailed:
      if (!saga_action) return Verdict::kCannotResolve;
      Record(change, branch, act, absl::StrCat("as failed: ", act.reason));
      Undo(change, *row, act);
      return Verdict::kAccepted;
    case Kind::kDiscard:
      // A saga's action cannot be left out: what comes after builds on it.
      if (saga_action) return Verdict::kCannotResolve;
      Record(change, branch, act, act.reason);
      Settle(change, *row, BranchStatus::kFailed);
      return Verdict::kAccepted;
  }
  Record(change, branch, act, absl::StrCat("as done: ", act.reason));
  Settle(change, *row, BranchStatus::kSucceed);
  RulesFor(t.mode).OnSuccess(change, *row);
  return Verdict::kAccepted;
}

}  // namespace saga::core
