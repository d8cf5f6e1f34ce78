// Workflow: the client runs the steps itself and notes the result of each here; sagad only calls
// back, again and again, while the client has not told how it ended. The client then runs it anew
// and skips what is noted (protocol 5.7).

#include <string>
#include <vector>

#include "orchestrator/core/mode_rules.h"
#include "orchestrator/core/retry.h"

namespace saga::core {

namespace {

class Rules : public ModeRules {
 public:
  std::optional<Op> OwedOp(const GlobalTransaction& t) const override {
    if (t.status == Status::kPrepared) return Op::kCallback;
    return std::nullopt;
  }

  std::vector<uint32_t> Runnable(const GlobalTransaction& t) const override {
    if (t.status != Status::kPrepared) return {};
    for (uint32_t row = 0; row < t.branches.size(); ++row) {
      if (t.branches[row].op == Op::kCallback) return {row};
    }
    return {};
  }

  // Only the client knows.
  std::optional<Status> Completed(const GlobalTransaction&) const override { return std::nullopt; }

  void OnPrepared(Change& change) const override {
    GlobalTransaction& t = change.transaction;
    for (const uint32_t row : Runnable(t)) {
      t.branches[row].next_attempt =
          t.create_time + BaseInterval(t.options, change.context.settings);
    }
  }

  // Whatever a callback is answered: it has ended when the client says so. The client may say it
  // before it answers, so success is no end of the calling either.
  void OnSuccess(Change& change, uint32_t row) const override {
    change.transaction.branches[row].status = BranchStatus::kPrepared;
    change.transaction.branches[row].finish_time = {};
    CallAgain(change, row);
  }
  bool OnNotYet(Change& change, uint32_t row) const override {
    change.transaction.branches[row].unknown_streak = 0;
    CallAgain(change, row);
    return true;
  }

  Verdict OnAbort(Change&, const std::string&, bool) const override {
    return Verdict::kCannotAbort;
  }

  bool TakesBranches() const override { return true; }
  bool TakesBranchOnce() const override { return true; }
  bool PreparesInAnyStatus() const override { return true; }

 private:
  // The server's interval, without backoff and whatever the client's own is (protocol 5.7 item 4).
  static void CallAgain(Change& change, uint32_t row) {
    change.RetryAt(row, change.context.now + WithJitter(change.context.settings.retry_interval,
                                                        change.context.jitter));
  }
};

}  // namespace

const ModeRules& WorkflowRules() {
  static const Rules rules;
  return rules;
}

}  // namespace saga::core
