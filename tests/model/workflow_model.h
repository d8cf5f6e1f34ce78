#pragma once

// A workflow: the client runs steps and notes each, dies at any moment, is called back and runs it
// again, beside a first run that may still be at work. How it ends is up to each run: the client's
// business is not to be trusted with agreement, sagad is.

#include <array>
#include <string>
#include <vector>

#include "tests/model/explorer.h"
#include "tests/model/process.h"

namespace saga::model {

inline constexpr size_t kMaxWorkflowSteps = 2;

// One execution at the client.
struct WorkflowRun {
  uint8_t alive = 0;
  // core::BranchStatus of the steps it knows of, from its start or its own doing; 0: not done.
  std::array<uint8_t, kMaxWorkflowSteps> knows{};
};

struct WorkflowState {
  ProcessState process;
  std::array<WorkflowRun, 2> runs{};
  std::array<uint8_t, kMaxWorkflowSteps> noted{};  // as first accepted; 0: not yet
  uint8_t told = 0;                                // bits: 1 a client was told succeed, 2 failed
};

class WorkflowModel {
 public:
  // `called_back`: false for one whose client named no target for callbacks.
  explicit WorkflowModel(size_t steps, bool called_back = true);

  WorkflowState Start() const;
  std::vector<Successor<WorkflowState>> Next(const WorkflowState& state) const;
  std::string Check(const WorkflowState& state) const;
  bool Ended(const WorkflowState& state) const { return core::IsFinal(state.process.Stored()); }
  bool Succeeded(const WorkflowState& state) const {
    return state.process.Stored() == core::Status::kSucceed;
  }
  bool MustEnd(const WorkflowState&) const { return true; }
  const Process& process() const { return process_; }

 private:
  using Successors = std::vector<Successor<WorkflowState>>;

  void Callback(const WorkflowState& state, Successors& next) const;
  void Run(const WorkflowState& state, size_t run, Successors& next) const;
  void Note(const WorkflowState& state, size_t run, core::BranchStatus result,
            Successors& next) const;
  void End(const WorkflowState& state, size_t run, core::Status status, Successors& next) const;

  const size_t steps_;
  const size_t first_step_;  // row of the first step: behind the callback, if there is one
  const Process process_;
};

}  // namespace saga::model
