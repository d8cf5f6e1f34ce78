#include "tests/unit/engine/timeline.h"

namespace saga::engine {

Timeline::Timeline(core::Settings settings)
    : stage_({.settings = settings}), start_(stage_.world().Now()) {
  stage_.participant = [this](const port::BranchCall& call) { return Answer(call); };
}

Scripted Timeline::Answer(const port::BranchCall& call) {
  Asked& asked = asked_[{call.branch_id, call.op}];
  asked.calls.push_back(stage_.world().Now());
  if (asked.left.empty()) return {.outcome = asked.otherwise};
  const core::Outcome outcome = asked.left.front();
  asked.left.pop_front();
  return {.outcome = outcome};
}

void Timeline::Script(const std::string& branch_id, core::Op op,
                      std::vector<core::Outcome> outcomes) {
  asked_[{branch_id, op}].left = {outcomes.begin(), outcomes.end()};
}

void Timeline::Always(const std::string& branch_id, core::Op op, core::Outcome outcome) {
  asked_[{branch_id, op}].otherwise = outcome;
}

void Timeline::Prepare(core::GlobalTransaction draft) {
  stage_.engine().Prepare(std::move(draft), [](const engine::Answer&) {});
  Run(base::Millis(5));
}

void Timeline::Register(core::Mode mode, const std::string& branch_id) {
  const bool xa = mode == core::Mode::kXa;
  core::BranchRegistered branch{.mode = mode};
  branch.rows.push_back({.branch_id = branch_id,
                         .op = xa ? core::Op::kRollback : core::Op::kCancel,
                         .target = "p:1/P/Undo"});
  branch.rows.push_back({.branch_id = branch_id,
                         .op = xa ? core::Op::kCommit : core::Op::kConfirm,
                         .target = "p:1/P/Do"});
  stage_.engine().RegisterBranch("g", std::move(branch), [](const engine::Answer&) {});
  Run(base::Millis(5));
}

void Timeline::Submit(core::GlobalTransaction draft) {
  stage_.engine().Submit({std::move(draft)}, WaitFor::kStored, [](const engine::Answer&) {});
  Run(base::Millis(5));
}

core::Verdict Timeline::RetryNow() {
  core::Verdict verdict = core::Verdict::kNotFound;
  stage_.engine().RetryNow("g", {.actor = "ops"},
                           [&](const engine::Answer& answer) { verdict = answer.verdict; });
  Run(base::Millis(5));
  return verdict;
}

std::vector<double> Timeline::Gaps(const std::string& branch_id, core::Op op) const {
  std::vector<double> gaps;
  const auto found = asked_.find({branch_id, op});
  if (found == asked_.end()) return gaps;
  base::Time before = start_;
  for (const base::Time call : found->second.calls) {
    gaps.push_back(static_cast<double>((call - before).micros) / 1e6);
    before = call;
  }
  return gaps;
}

core::GlobalTransaction DraftOf(core::Mode mode, const core::Options& options) {
  core::GlobalTransaction draft;
  draft.gid = "g";
  draft.mode = mode;
  draft.protocol = core::Protocol::kGrpc;
  draft.options = options;
  return draft;
}

core::GlobalTransaction DraftOf(core::Mode mode, size_t branches, const core::Options& options) {
  core::GlobalTransaction draft = DraftOf(mode, options);
  for (size_t i = 1; i <= branches; ++i) {
    const std::string id = "0" + std::to_string(i);
    if (mode == core::Mode::kSaga) {
      draft.branches.push_back(
          {.branch_id = id, .op = core::Op::kCompensate, .target = "p:1/P/Undo"});
    }
    draft.branches.push_back({.branch_id = id, .op = core::Op::kAction, .target = "p:1/P/Do"});
  }
  if (mode == core::Mode::kMessage) {
    draft.branches.push_back({.branch_id = "00", .op = core::Op::kQuery, .target = "c:1/P/Query"});
  }
  if (mode == core::Mode::kWorkflow) {
    draft.workflow = "order";
    draft.branches.push_back(
        {.branch_id = "00", .op = core::Op::kCallback, .target = "c:1/P/Resume"});
  }
  return draft;
}

}  // namespace saga::engine
