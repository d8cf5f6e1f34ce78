#pragma once

#include "orchestrator/core/event.h"
#include "orchestrator/core/mode_rules.h"

namespace saga::core {

// What an operator decides about a dead letter, carried out. kNoDeadLetter when the row is not
// there, is not dead, or has died again since; kCannotResolve when that end is not one that the op
// can have. In both cases nothing was done.
Verdict ActOnDeadLetter(Change& change, const DeadLetterAct& act);

}  // namespace saga::core
