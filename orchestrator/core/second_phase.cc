#include "orchestrator/core/second_phase.h"

#include "orchestrator/core/retry.h"

namespace saga::core {

std::optional<Op> SecondPhaseRules::OwedOp(const GlobalTransaction& t) const {
  if (t.status == Status::kSubmitted) return shape_.forward;
  if (t.status == Status::kAborting) return shape_.back;
  return std::nullopt;
}

std::vector<uint32_t> SecondPhaseRules::Runnable(const GlobalTransaction& t) const {
  const std::optional<Op> op = OwedOp(t);
  if (!op.has_value()) return {};
  for (size_t i = 0; i < t.branches.size(); ++i) {
    const size_t row = shape_.last_first ? t.branches.size() - 1 - i : i;
    const Branch& branch = t.branches[row];
    if (branch.op == *op && branch.status == BranchStatus::kPrepared)
      return {static_cast<uint32_t>(row)};
  }
  return {};
}

std::optional<Status> SecondPhaseRules::Completed(const GlobalTransaction& t) const {
  if (!OwedOp(t).has_value() || !Runnable(t).empty()) return std::nullopt;
  return t.status == Status::kSubmitted ? Status::kSucceed : Status::kFailed;
}

base::Time SecondPhaseRules::Deadline(const GlobalTransaction& t, const Settings& settings) const {
  return t.status == Status::kPrepared ? t.create_time + TimeoutToFail(t.options, settings)
                                       : base::kNever;
}

void SecondPhaseRules::OnDeadline(Change& change) const {
  change.StartAborting(
      TimeoutReason(TimeoutToFail(change.transaction.options, change.context.settings)));
}

Verdict SecondPhaseRules::OnAbort(Change& change, const std::string& reason, bool) const {
  switch (change.transaction.status) {
    case Status::kPrepared:
      change.StartAborting(reason);
      return Verdict::kAccepted;
    case Status::kAborting:
      return Verdict::kAlready;
    case Status::kSubmitted:
    case Status::kSucceed:
    case Status::kFailed:
      return Verdict::kCannotAbort;
  }
  return Verdict::kCannotAbort;
}

}  // namespace saga::core
