#pragma once

// The client of a workflow: runs its steps itself, notes each result at sagad, undoes what was done
// when a step refuses, and tells how it ended. Its runs die at random; it is called back and runs
// again, at times beside an earlier run.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/core/transaction.h"
#include "tests/simulation/bank.h"
#include "tests/simulation/customer.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

struct WorkflowOrder {
  std::string gid;
  core::GlobalTransaction draft;   // with its callback row
  std::vector<std::string> steps;  // branch ids, in order
  bool fails = false;              // one of the steps refuses
};

// What one step came to.
struct Noted {
  core::BranchStatus status = core::BranchStatus::kPrepared;
  std::string reply;
  bool operator==(const Noted&) const = default;
};
using StepKey = std::pair<std::string, core::Op>;  // branch id, kAction or kRollback

// What all runs of one workflow were told, for the auditor.
struct WorkflowNotes {
  bool prepared = false;
  std::map<StepKey, Noted> accepted;
  std::optional<core::WorkflowEnded> end;
  std::vector<std::string> findings;  // what no client should ever be told
};

class WorkflowRun;

class WorkflowClient : public Customer {
 public:
  WorkflowClient(World* world, Bank* bank, const Faults* faults, EngineNow engine,
                 WorkflowOrder order);

  void Start(base::Duration delay) override;
  bool Done() const override;
  const std::string& gid() const override { return order_.gid; }
  std::vector<std::string> Judge(const absl::StatusOr<core::GlobalTransaction>& record,
                                 const Bank& bank) const override;

  const WorkflowOrder& order() const { return order_; }
  const WorkflowNotes& notes() const { return notes_; }

 private:
  core::Outcome OnCallback(const port::BranchCall& call);
  void StartRun();
  size_t Running() const;

  World* const world_;
  Bank* const bank_;
  const Faults* const faults_;
  const EngineNow engine_;
  const WorkflowOrder order_;
  WorkflowNotes notes_;
  std::vector<std::shared_ptr<WorkflowRun>> runs_;
};

}  // namespace saga::simulation
