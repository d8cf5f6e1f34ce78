#include "orchestrator/engine/replay_item.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/step.h"
#include "orchestrator/core/words.h"

namespace saga::engine {

namespace {

using Kind = ItemNext::Kind;
using port::ItemState;

template <typename Value>
std::string Word(Value value) {
  return std::string(core::WordOf(value));
}

ItemNext Ended(ItemState state, std::string text) { return {Kind::kEnd, state, std::move(text)}; }

std::string WithError(std::string text, const core::Branch& branch) {
  if (!branch.last_error.empty()) absl::StrAppend(&text, ": ", branch.last_error);
  return text;
}

// Nobody calls an action any more once it is to be undone.
bool IsUndone(const core::GlobalTransaction& transaction, core::Op op) {
  return transaction.status == core::Status::kAborting && op == core::Op::kAction;
}

// How a branch op that was replayed is now; `unsettled` when it is still on its way.
ItemNext Settled(const port::JobItem& item, const core::GlobalTransaction& transaction,
                 Kind unsettled) {
  const std::optional<uint32_t> row = core::FindRow(transaction, item.branch_id, item.op);
  if (!row.has_value()) return Ended(ItemState::kSkipped, "there is no such branch op any more");
  const core::Branch& branch = transaction.branches[*row];
  switch (branch.status) {
    case core::BranchStatus::kSucceed:
      return Ended(ItemState::kDone, "");
    case core::BranchStatus::kFailed:
      return Ended(ItemState::kFailed, WithError("it failed, or was resolved as such", branch));
    case core::BranchStatus::kPrepared:
      break;
  }
  if (branch.deaths > item.death) {
    const std::string reason = branch.dead == core::DeadReason::kNone
                                   ? "dead again, and replayed by somebody else since"
                                   : absl::StrCat("dead again (", Word(branch.dead), ")");
    return Ended(ItemState::kFailed, WithError(reason, branch));
  }
  if (core::IsFinal(transaction.status)) {
    return Ended(ItemState::kFailed,
                 absl::StrCat("the transaction has ended without it: ", Word(transaction.status)));
  }
  if (IsUndone(transaction, item.op))
    return Ended(ItemState::kFailed, "the transaction is being undone");
  return {.kind = unsettled};
}

bool IsSelected(const port::JobItem& item, const core::GlobalTransaction& transaction) {
  const std::optional<uint32_t> row = core::FindRow(transaction, item.branch_id, item.op);
  if (!row.has_value() || core::IsFinal(transaction.status)) return false;
  const core::Branch& branch = transaction.branches[*row];
  return branch.dead != core::DeadReason::kNone && branch.deaths == item.death;
}

}  // namespace

ItemNext AfterReplay(const port::JobItem& item, const Answer& answer) {
  switch (answer.kind) {
    case Answer::Kind::kOverloaded:
      return {.kind = Kind::kAgain};
    case Answer::Kind::kStoreFailed:
      return {.kind = Kind::kVerify};
    case Answer::Kind::kStopping:
      return {.kind = Kind::kLeave};
    case Answer::Kind::kVerdict:
      break;
  }
  if (answer.verdict == core::Verdict::kAccepted)
    return Settled(item, answer.transaction, Kind::kVerify);
  return Ended(ItemState::kSkipped,
               WhyNoDeadLetter(answer.transaction, item.branch_id, item.op, item.death));
}

ItemNext AfterVerify(const port::JobItem& item, const Answer& answer) {
  switch (answer.kind) {
    case Answer::Kind::kOverloaded:
    case Answer::Kind::kStoreFailed:
      return {.kind = Kind::kAgain};
    case Answer::Kind::kStopping:
      return {.kind = Kind::kLeave};
    case Answer::Kind::kVerdict:
      break;
  }
  if (answer.transaction.gid.empty())
    return Ended(ItemState::kSkipped, "there is no such transaction any more");
  if (IsSelected(item, answer.transaction)) return {.kind = Kind::kReplay};
  return Settled(item, answer.transaction, Kind::kAgain);
}

std::string WhyNoDeadLetter(const core::GlobalTransaction& transaction,
                            const std::string& branch_id, core::Op op, uint32_t death) {
  if (transaction.gid.empty()) return "there is no such transaction";
  const std::optional<uint32_t> row = core::FindRow(transaction, branch_id, op);
  if (!row.has_value()) {
    return absl::StrCat("the transaction has no ", Word(op), " of a branch ", branch_id);
  }
  const core::Branch& branch = transaction.branches[*row];
  if (branch.status == core::BranchStatus::kSucceed)
    return "it has succeeded, or was resolved as done";
  if (branch.status == core::BranchStatus::kFailed)
    return "it failed, or was resolved or discarded";
  if (core::IsFinal(transaction.status))
    return absl::StrCat("the transaction has ended: ", Word(transaction.status));
  if (branch.deaths == 0) return "it has never been a dead letter";
  if (IsUndone(transaction, op)) return "the transaction is being undone";
  if (branch.deaths != death) {
    return absl::StrCat("it has died ", branch.deaths, " times by now, and death ", death,
                        " was meant");
  }
  return "it was replayed already and is being called";
}

}  // namespace saga::engine
