#include "orchestrator/app/alert_observer.h"

#include "orchestrator/core/mode_rules.h"

namespace saga::app {
namespace {

bool MayFail(core::Mode mode, core::Op op) {
  return mode == core::Mode::kSaga && op == core::Op::kAction;  // protocol 4.4
}

bool IsOfNoUse(const core::GlobalTransaction& transaction, const core::Branch& branch,
               core::Outcome outcome) {
  if (core::IsAskBack(branch.op)) return false;
  // Late: the row is settled, or the transaction has turned round, and nothing is repeated.
  if (branch.status != core::BranchStatus::kPrepared ||
      core::RulesFor(transaction.mode).OwedOp(transaction) != branch.op) {
    return false;
  }
  switch (outcome) {
    case core::Outcome::kSuccess:
    case core::Outcome::kOngoing:
      return false;
    case core::Outcome::kFailure:
      return !MayFail(transaction.mode, branch.op);
    case core::Outcome::kUnknown:
      return true;
  }
  return false;
}

}  // namespace

void AlertObserver::OnBranchAnswered(const core::GlobalTransaction& transaction,
                                     const core::Branch& branch, core::Outcome outcome,
                                     const std::string& text, base::Duration) {
  if (!IsOfNoUse(transaction, branch, outcome)) return;
  // The record is as it was before this answer.
  const uint32_t in_a_row = branch.unknown_streak + 1;
  if (in_a_row < retry_limit_) return;
  sink_.Send({.gid = transaction.gid,
              .status = transaction.status,
              .branch = branch.target,
              .error = text,
              .retry_count = in_a_row});
}

}  // namespace saga::app
