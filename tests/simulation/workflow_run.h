#pragma once

// One execution of a workflow at its client, from asking how far it has come to telling how it
// ended, or to its death.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/simulation/workflow_client.h"

namespace saga::simulation {

class WorkflowRun : public std::enable_shared_from_this<WorkflowRun> {
 public:
  struct Parts {
    World* world = nullptr;
    Bank* bank = nullptr;
    const Faults* faults = nullptr;
    EngineNow engine;
    const WorkflowOrder* order = nullptr;
    WorkflowNotes* notes = nullptr;
  };

  WorkflowRun(Parts parts, size_t number) : parts_(std::move(parts)), number_(number) {}

  void Begin();
  bool Alive() const { return alive_; }

 private:
  using Request = std::function<void(engine::Engine&, engine::Reply)>;
  using Heard = std::function<void(const engine::Answer&)>;

  // Asks, and asks again after a while when there is no answer or a useless one.
  void Ask(Request request, Heard heard);
  void Later(std::function<void()> what);
  void Stop(const std::string& why);

  // `noted_before`: by any run, when it asked.
  void OnPrepared(const engine::Answer& answer, const std::map<StepKey, Noted>& noted_before);
  void Next();
  void Undo(size_t failed_step);
  void DoStep(const std::string& branch_id, core::Op op);
  void Note(const std::string& branch_id, core::Op op, const Noted& noted);
  void End(core::Status status, const std::string& reason);

  const Parts parts_;
  const size_t number_;
  std::map<StepKey, Noted> knows_;
  uint64_t asked_ = 0;  // answers to older questions do not count
  bool alive_ = true;
};

}  // namespace saga::simulation
