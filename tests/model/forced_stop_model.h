#pragma once

// Any of the other models, and an operator who may stop its transaction for good at any moment.

#include <string>
#include <utility>
#include <vector>

#include "tests/model/explorer.h"
#include "tests/model/process.h"

namespace saga::model {

inline const ProcessState& ProcessOf(const ProcessState& state) { return state; }
inline ProcessState& ProcessOf(ProcessState& state) { return state; }
template <typename State>
const ProcessState& ProcessOf(const State& state) {
  return state.process;
}
template <typename State>
ProcessState& ProcessOf(State& state) {
  return state.process;
}

template <typename State>
struct StoppableState {
  State inner;
  uint8_t stopped = 0;
  uint8_t called_afterwards = 0;
  uint8_t answered_wrongly = 0;
};

template <typename State, typename Model>
class ForcedStopModel {
 public:
  explicit ForcedStopModel(Model model) : model_(std::move(model)) {}

  StoppableState<State> Start() const { return {.inner = model_.Start()}; }

  std::vector<Successor<StoppableState<State>>> Next(const StoppableState<State>& state) const {
    std::vector<Successor<StoppableState<State>>> next;
    const uint8_t out = ProcessOf(state.inner).out;
    for (auto& [label, inner] : model_.Next(state.inner)) {
      StoppableState<State> after = state;
      after.inner = inner;
      const bool called = (ProcessOf(inner).out & ~out) != 0;
      if (state.stopped != 0 && called) after.called_afterwards = 1;
      next.push_back({std::move(label), after});
    }
    if (ProcessOf(state.inner).Up()) next.push_back({"forced stop", Stop(state)});
    return next;
  }

  std::string Check(const StoppableState<State>& state) const {
    if (state.answered_wrongly != 0) return "a forced stop was not answered as the status asks for";
    if (state.called_afterwards != 0) return "called although it was stopped";
    if (state.stopped == 0) return model_.Check(state.inner);
    return ProcessOf(state.inner).Stored() == core::Status::kFailed
               ? ""
               : "stopped, but not failed any more";
  }

  bool Ended(const StoppableState<State>& state) const { return model_.Ended(state.inner); }
  bool Succeeded(const StoppableState<State>& state) const { return model_.Succeeded(state.inner); }
  bool MustEnd(const StoppableState<State>&) const { return true; }

 private:
  StoppableState<State> Stop(const StoppableState<State>& state) const {
    const ProcessState& process = ProcessOf(state.inner);
    const bool open = !core::IsFinal(static_cast<core::Status>(process.live.status));
    StoppableState<State> after = state;
    core::Verdict verdict = core::Verdict::kNotFound;
    ProcessOf(after.inner) = model_.process().After(process, core::ForceStopRequested{}, &verdict);
    if (verdict != (open ? core::Verdict::kAccepted : core::Verdict::kCannotStop))
      after.answered_wrongly = 1;
    if (open) after.stopped = 1;
    return after;
  }

  const Model model_;
};

}  // namespace saga::model
