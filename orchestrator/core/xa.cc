// XA: every participant registers its branch from inside its XA transaction and prepares that;
// sagad commits or rolls back every registered branch, the first registered first (protocol 5.6).

#include "orchestrator/core/second_phase.h"

namespace saga::core {

const ModeRules& XaRules() {
  static const SecondPhaseRules rules(
      {.forward = Op::kCommit, .back = Op::kRollback, .last_first = false});
  return rules;
}

}  // namespace saga::core
