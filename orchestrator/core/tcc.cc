// TCC: the client registers and tries its branches, then submits or aborts; sagad confirms or
// cancels every registered branch, the last registered first, one after the other (protocol 5.4).

#include <string>
#include <vector>

#include "orchestrator/core/mode_rules.h"

namespace saga::core {

namespace {

base::Duration Timeout(const GlobalTransaction& t, const Settings& settings) {
  return t.options.timeout_to_fail_s > 0 ? base::Seconds(t.options.timeout_to_fail_s)
                                         : settings.timeout_to_fail;
}

class Rules : public ModeRules {
 public:
  std::optional<Op> OwedOp(const GlobalTransaction& t) const override {
    if (t.status == Status::kSubmitted) return Op::kConfirm;
    if (t.status == Status::kAborting) return Op::kCancel;
    return std::nullopt;
  }

  std::vector<uint32_t> Runnable(const GlobalTransaction& t) const override {
    const std::optional<Op> op = OwedOp(t);
    if (!op.has_value()) return {};
    for (size_t row = t.branches.size(); row-- > 0;) {
      const Branch& branch = t.branches[row];
      if (branch.op == *op && branch.status == BranchStatus::kPrepared)
        return {static_cast<uint32_t>(row)};
    }
    return {};
  }

  std::optional<Status> Completed(const GlobalTransaction& t) const override {
    if (!OwedOp(t).has_value() || !Runnable(t).empty()) return std::nullopt;
    return t.status == Status::kSubmitted ? Status::kSucceed : Status::kFailed;
  }

  base::Time Deadline(const GlobalTransaction& t, const Settings& settings) const override {
    return t.status == Status::kPrepared ? t.create_time + Timeout(t, settings) : base::kNever;
  }

  void OnDeadline(Change& change) const override {
    change.StartAborting(TimeoutReason(Timeout(change.transaction, change.context.settings)));
  }

  Verdict OnAbort(Change& change, const std::string& reason, bool) const override {
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

  bool TakesBranches() const override { return true; }
};

}  // namespace

const ModeRules& TccRules() {
  static const Rules rules;
  return rules;
}

}  // namespace saga::core
