#include "tests/model/workflow_model.h"

#include <algorithm>

namespace saga::model {

namespace {

constexpr uint8_t kToldSucceed = 1;
constexpr uint8_t kToldFailed = 2;

core::GlobalTransaction MakeShape(size_t steps, bool called_back) {
  core::GlobalTransaction transaction;
  transaction.gid = "g";
  transaction.mode = core::Mode::kWorkflow;
  if (called_back) {
    transaction.branches.push_back(
        {.branch_id = "00", .op = core::Op::kCallback, .target = "c:1/C/Resume"});
  }
  for (size_t i = 0; i < steps; ++i)
    transaction.branches.push_back({.branch_id = std::to_string(i + 1), .op = core::Op::kAction});
  return transaction;
}

uint8_t ToldBit(core::Status status) {
  return status == core::Status::kSucceed ? kToldSucceed : kToldFailed;
}

}  // namespace

WorkflowModel::WorkflowModel(size_t steps, bool called_back)
    : steps_(steps),
      first_step_(called_back ? 1 : 0),
      process_(MakeShape(steps, called_back), {}) {}

WorkflowState WorkflowModel::Start() const {
  core::GlobalTransaction draft = process_.Shape();
  draft.branches.resize(first_step_);
  WorkflowState state{.process = process_.Born(core::Prepared{draft})};
  state.runs[0].alive = 1;
  return state;
}

std::vector<Successor<WorkflowState>> WorkflowModel::Next(const WorkflowState& state) const {
  Successors next;
  for (auto& [label, successor] : process_.Next(state.process)) {
    WorkflowState after = state;
    after.process = successor;
    next.push_back({std::move(label), after});
  }
  Callback(state, next);
  for (size_t run = 0; run < state.runs.size(); ++run) Run(state, run, next);
  return next;
}

// Only a callback starts another run: an end has to be reachable without anything else.
void WorkflowModel::Callback(const WorkflowState& state, Successors& next) const {
  if (first_step_ == 0 || !state.process.Sent(0)) return;
  WorkflowState answered = state;
  answered.process.said_yes |= 1;
  answered.process.said_no |= 1;
  next.push_back({"the callback arrives and is answered, this way or that", answered});
  const auto idle = std::find_if(state.runs.begin(), state.runs.end(),
                                 [](const WorkflowRun& run) { return run.alive == 0; });
  if (idle == state.runs.end() || !state.process.Up()) return;
  WorkflowState started = state;
  core::Verdict verdict = core::Verdict::kNotFound;
  started.process = process_.After(state.process, core::Prepared{process_.Shape()}, &verdict);
  if (verdict != core::Verdict::kAlready) return;
  const Record& record = started.process.live;
  const core::Status status = static_cast<core::Status>(record.status);
  if (core::IsFinal(status)) {
    started.told |= ToldBit(status);
  } else {
    WorkflowRun& run = started.runs[static_cast<size_t>(idle - state.runs.begin())];
    run.alive = 1;
    for (size_t row = first_step_; row < record.row_count; ++row)
      run.knows[row - first_step_] = record.rows[row] & 3;
  }
  next.push_back({"the callback arrives and starts a run", started});
}

void WorkflowModel::Run(const WorkflowState& state, size_t run, Successors& next) const {
  if (state.runs[run].alive == 0) return;
  WorkflowState died = state;
  died.runs[run] = {};
  next.push_back({"run " + std::to_string(run + 1) + " dies", died});
  if (!state.process.Up()) return;
  for (const auto result : {core::BranchStatus::kSucceed, core::BranchStatus::kFailed})
    Note(state, run, result, next);
  for (const auto status : {core::Status::kSucceed, core::Status::kFailed})
    End(state, run, status, next);
}

void WorkflowModel::Note(const WorkflowState& state, size_t run, core::BranchStatus result,
                         Successors& next) const {
  const auto& knows = state.runs[run].knows;
  const size_t step = static_cast<size_t>(std::find(knows.begin(), knows.end(), 0) - knows.begin());
  if (step >= steps_) return;
  core::Branch row = process_.Shape().branches[first_step_ + step];
  row.status = result;
  core::Verdict verdict = core::Verdict::kNotFound;
  WorkflowState after = state;
  after.process =
      process_.After(state.process, core::BranchRegistered{core::Mode::kWorkflow, {row}}, &verdict);
  const std::string label =
      "run " + std::to_string(run + 1) + " notes step " + std::to_string(step + 1);
  if (verdict != core::Verdict::kAccepted) {
    // Somebody else is at work, or it has ended: this run leaves off.
    after.runs[run] = {};
    next.push_back({label + " and is refused", after});
    return;
  }
  after.noted[step] = static_cast<uint8_t>(result);
  after.runs[run].knows[step] = static_cast<uint8_t>(result);
  next.push_back({label, after});
}

void WorkflowModel::End(const WorkflowState& state, size_t run, core::Status status,
                        Successors& next) const {
  WorkflowState after = state;
  core::Verdict verdict = core::Verdict::kNotFound;
  after.process = process_.After(state.process, core::WorkflowEnded{.status = status}, &verdict);
  if (verdict == core::Verdict::kAccepted || verdict == core::Verdict::kAlready)
    after.told |= ToldBit(status);
  after.runs[run] = {};
  next.push_back({"run " + std::to_string(run + 1) + " ends it", after});
}

std::string WorkflowModel::Check(const WorkflowState& state) const {
  const ProcessState& process = state.process;
  const core::Status stored = process.Stored();
  if (state.told == (kToldSucceed | kToldFailed)) return "two clients were told different ends";
  if (state.told != 0 && (!core::IsFinal(stored) || state.told != ToldBit(stored)))
    return "a client was told another end than the stored one";
  if (stored == core::Status::kSubmitted || stored == core::Status::kAborting)
    return "a workflow is never submitted or aborting";
  for (size_t step = 0; step < steps_; ++step) {
    const size_t row = first_step_ + step;
    if (state.noted[step] == 0) continue;
    if (row >= process.stored.row_count) return "a noted step was lost";
    if ((process.stored.rows[row] & 3) != state.noted[step]) return "a noted step was changed";
  }
  return process_.Forgotten(process) ? "open, nothing is out and nothing is planned" : "";
}

}  // namespace saga::model
