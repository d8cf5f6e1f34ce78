// Two-phase message: prepared before a local transaction, submitted after it, and then delivered
// until every branch has taken it; never undone. When the submit does not come, the check-back asks
// what became of the local transaction (protocol 5.5).

#include <string>
#include <vector>

#include "orchestrator/core/mode_rules.h"
#include "orchestrator/core/retry.h"

namespace saga::core {

namespace {

class Rules : public ModeRules {
 public:
  std::optional<Op> OwedOp(const GlobalTransaction& t) const override {
    if (t.status == Status::kPrepared) return Op::kQuery;
    if (t.status == Status::kSubmitted) return Op::kAction;
    return std::nullopt;
  }

  std::vector<uint32_t> Runnable(const GlobalTransaction& t) const override {
    const std::optional<Op> op = OwedOp(t);
    std::vector<uint32_t> rows;
    if (!op.has_value()) return rows;
    for (uint32_t row = 0; row < t.branches.size(); ++row) {
      const Branch& branch = t.branches[row];
      if (branch.op != *op || branch.status != BranchStatus::kPrepared) continue;
      rows.push_back(row);
      if (!t.concurrent) break;
    }
    return rows;
  }

  std::optional<Status> Completed(const GlobalTransaction& t) const override {
    // A successful check-back decides like a submit. It is not "completed" without one: a message
    // without a check-back row would otherwise be delivered although nobody said so.
    if (t.status != Status::kSubmitted || !Runnable(t).empty()) return std::nullopt;
    return Status::kSucceed;
  }

  void OnPrepared(Change& change) const override {
    GlobalTransaction& t = change.transaction;
    const base::Duration timeout = TimeoutToFail(t.options, change.context.settings);
    for (Branch& branch : t.branches) {
      if (branch.op == Op::kQuery) branch.next_attempt = t.create_time + timeout;
    }
  }

  void OnSubmitted(Change& change) const override {
    GlobalTransaction& t = change.transaction;
    if (t.delay_s <= 0) return;
    for (uint32_t row = 0; row < t.branches.size(); ++row) {
      if (t.branches[row].op != Op::kAction) continue;
      t.branches[row].next_attempt = t.create_time + base::Seconds(t.delay_s);
      change.Touch(row);
    }
  }

  void OnSuccess(Change& change, uint32_t) const override {
    if (change.transaction.status != Status::kPrepared) return;
    change.SetStatus(Status::kSubmitted);
    change.AddHistory(
        {.kind = HistoryKind::kSubmitted, .text = "the check-back found it committed"});
    OnSubmitted(change);
  }

  // A check-back may, a delivery may not.
  bool MayRefuse(const GlobalTransaction& t) const override {
    return t.status == Status::kPrepared;
  }

  void OnFailure(Change& change, uint32_t row, const std::string&) const override {
    change.transaction.branches[row].status = BranchStatus::kFailed;
    change.transaction.branches[row].finish_time = change.context.now;
    change.Touch(row);
    change.Fail("");
  }

  bool OnNotYet(Change& change, uint32_t row) const override {
    // A check-back that is ongoing starts over at the base interval (protocol 6.2).
    Branch& branch = change.transaction.branches[row];
    if (branch.op == Op::kQuery && branch.last_outcome == Outcome::kOngoing)
      branch.unknown_streak = 0;
    return false;
  }

  Verdict OnAbort(Change& change, const std::string& reason, bool) const override {
    if (change.transaction.status != Status::kPrepared) return Verdict::kCannotAbort;
    change.Fail(reason);
    return Verdict::kAccepted;
  }
};

}  // namespace

const ModeRules& MessageRules() {
  static const Rules rules;
  return rules;
}

}  // namespace saga::core
