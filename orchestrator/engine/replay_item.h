#pragma once

// What an answer of the engine means for an item of a replay job. Pure functions.

#include <cstdint>
#include <string>

#include "orchestrator/core/mode.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/job_store.h"

namespace saga::engine {

// How it goes on with an item.
struct ItemNext {
  enum class Kind : uint8_t {
    kEnd,     // `state` and `text` say how it ended
    kReplay,  // it is the dead letter that was selected: nobody has replayed it
    kVerify,  // it may or may not have been replayed: look first, a little later
    kAgain,   // nothing was done: the same once more, a little later
    kLeave,   // the server stops: the next start finds it as it is
  };

  Kind kind = Kind::kEnd;
  port::ItemState state = port::ItemState::kDone;
  std::string text;
};

// After ReplayTarget::Replay.
ItemNext AfterReplay(const port::JobItem& item, const Answer& answer);

// After ReplayTarget::WaitForBranch, for an item that this job may have replayed before.
ItemNext AfterVerify(const port::JobItem& item, const Answer& answer);

// Why a branch op cannot be acted on as its death number `death`, in words for an operator. Without
// a gid: there is no such transaction.
std::string WhyNoDeadLetter(const core::GlobalTransaction& transaction,
                            const std::string& branch_id, core::Op op, uint32_t death);

}  // namespace saga::engine
