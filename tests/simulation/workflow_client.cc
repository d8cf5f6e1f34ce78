#include "tests/simulation/workflow_client.h"

#include <algorithm>

#include "tests/simulation/auditor.h"
#include "tests/simulation/workflow_run.h"

namespace saga::simulation {

namespace {

constexpr size_t kMostRuns = 3;  // at the same time

}  // namespace

WorkflowClient::WorkflowClient(World* world, Bank* bank, const Faults* faults, EngineNow engine,
                               WorkflowOrder order)
    : world_(world),
      bank_(bank),
      faults_(faults),
      engine_(std::move(engine)),
      order_(std::move(order)) {
  bank_->OnCallback(order_.gid, [this](const port::BranchCall& call) { return OnCallback(call); });
}

void WorkflowClient::Start(base::Duration delay) {
  world_->After(delay, [this] { StartRun(); });
}

void WorkflowClient::StartRun() {
  runs_.push_back(std::make_shared<WorkflowRun>(
      WorkflowRun::Parts{world_, bank_, faults_, engine_, &order_, &notes_}, runs_.size() + 1));
  runs_.back()->Begin();
}

size_t WorkflowClient::Running() const {
  return static_cast<size_t>(
      std::count_if(runs_.begin(), runs_.end(), [](const auto& run) { return run->Alive(); }));
}

core::Outcome WorkflowClient::OnCallback(const port::BranchCall& call) {
  if (call.op_name != order_.draft.workflow)
    notes_.findings.push_back("called back as \"" + call.op_name + "\"");
  if (Running() < kMostRuns) StartRun();
  // What it answers means nothing to anybody.
  const core::Outcome answers[] = {core::Outcome::kSuccess, core::Outcome::kFailure,
                                   core::Outcome::kOngoing, core::Outcome::kUnknown};
  return answers[world_->Below(4)];
}

bool WorkflowClient::Done() const {
  if (notes_.end.has_value()) return true;
  // One that was never told that it is prepared has nothing to come back to.
  return !runs_.empty() && !notes_.prepared && Running() == 0;
}

std::vector<std::string> WorkflowClient::Judge(
    const absl::StatusOr<core::GlobalTransaction>& record, const Bank& bank) const {
  return Audit(*this, record, bank);
}

}  // namespace saga::simulation
