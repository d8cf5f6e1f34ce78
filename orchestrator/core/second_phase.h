#pragma once

// What TCC and XA have in common: the client registers branches and runs their first phase, then
// submits or aborts; sagad drives the second phase of every registered branch, one after the other
// (protocol 5.4 and 5.6).

#include <string>
#include <vector>

#include "orchestrator/core/mode_rules.h"

namespace saga::core {

class SecondPhaseRules : public ModeRules {
 public:
  struct Shape {
    Op forward = Op::kConfirm;  // after a submit
    Op back = Op::kCancel;      // after an abort or a timeout
    bool last_first = true;     // the branch registered last is called first
  };

  explicit SecondPhaseRules(const Shape& shape) : shape_(shape) {}

  std::optional<Op> OwedOp(const GlobalTransaction& transaction) const override;
  std::vector<uint32_t> Runnable(const GlobalTransaction& transaction) const override;
  std::optional<Status> Completed(const GlobalTransaction& transaction) const override;
  base::Time Deadline(const GlobalTransaction& transaction,
                      const Settings& settings) const override;
  void OnDeadline(Change& change) const override;
  Verdict OnAbort(Change& change, const std::string& reason, bool by_operator) const override;
  bool TakesBranches() const override { return true; }

 private:
  const Shape shape_;
};

}  // namespace saga::core
