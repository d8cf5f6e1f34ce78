#pragma once

// How each op comes to be a dead letter, for the tests about those.

#include <string>
#include <vector>

#include "orchestrator/core/words.h"
#include "tests/scenario/play.h"

namespace saga::scenario {

// A mode and one of its ops that a participant can be called for.
struct Callee {
  core::Mode mode = core::Mode::kSaga;
  core::Op op = core::Op::kAction;
};

inline const std::vector<Callee>& Callees() {
  static const std::vector<Callee> all = {
      {core::Mode::kSaga, core::Op::kAction},    {core::Mode::kSaga, core::Op::kCompensate},
      {core::Mode::kTcc, core::Op::kConfirm},    {core::Mode::kTcc, core::Op::kCancel},
      {core::Mode::kXa, core::Op::kCommit},      {core::Mode::kXa, core::Op::kRollback},
      {core::Mode::kMessage, core::Op::kAction},
  };
  return all;
}

inline std::string Name(const Callee& callee) {
  return std::string(core::WordOf(callee.mode)) + "/" + std::string(core::WordOf(callee.op));
}

// A transaction whose branch 01 is called for `callee.op` with the answer `outcome`, over and over.
inline void CallFor(Play& play, const Callee& callee, std::vector<Outcome> outcomes) {
  using core::Op;
  play.Script("01", callee.op, std::move(outcomes));
  switch (callee.mode) {
    case core::Mode::kSaga:
      if (callee.op == Op::kCompensate) play.Script("02", Op::kAction, {Outcome::kFailure});
      (void)play.Submit(SagaDraft(2));
      break;
    case core::Mode::kMessage:
      (void)play.Submit(MessageDraft(2));
      break;
    case core::Mode::kTcc:
    case core::Mode::kXa: {
      const bool tcc = callee.mode == core::Mode::kTcc;
      (void)play.Prepare(tcc ? TccDraft() : XaDraft());
      (void)play.Do(tcc ? TccBranch("01") : XaBranch("01"));
      if (callee.op == Op::kCancel || callee.op == Op::kRollback) {
        (void)play.Do(core::AbortRequested{.reason = "no"});
        (void)play.Pass();
      } else {
        (void)play.Submit(tcc ? TccDraft() : XaDraft());
      }
      break;
    }
    case core::Mode::kWorkflow:
      break;
  }
}

// ... until it has died for the first time, as it does under a limit of one call.
inline void LetDie(Play& play, const Callee& callee) {
  play.LimitAttempts(1);
  CallFor(play, callee, {Outcome::kUnknown});
}

inline core::DeadLetterAct Act(core::DeadLetterAct::Kind kind, core::Op op, uint32_t death = 1) {
  return {.kind = kind,
          .branch_id = "01",
          .op = op,
          .death = death,
          .reason = "looked at it",
          .actor = "ops"};
}

}  // namespace saga::scenario
