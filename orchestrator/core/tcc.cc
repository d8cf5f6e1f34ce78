// TCC: the client registers its branches and tries them; sagad confirms or cancels every registered
// branch, the last registered first (protocol 5.4).

#include "orchestrator/core/second_phase.h"

namespace saga::core {

const ModeRules& TccRules() {
  static const SecondPhaseRules rules(
      {.forward = Op::kConfirm, .back = Op::kCancel, .last_first = true});
  return rules;
}

}  // namespace saga::core
