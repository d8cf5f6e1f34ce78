#pragma once

// Walks through every state that a model can be in, checks each, and then asks whether from each of
// them an end can still be reached. Breadth first, so that the trace of a finding is a shortest
// one.

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace saga::model {

template <typename State>
struct Successor {
  std::string label;  // what happened, for traces
  State state;
};

struct Exploration {
  uint64_t states = 0;
  uint64_t ends = 0;               // states in which the transaction has ended
  uint64_t succeeded = 0;          // ... in success
  std::string finding;             // what is wrong; empty: nothing
  std::vector<std::string> trace;  // how to get there
  bool Clean() const { return finding.empty(); }
};

// State: a plain struct of bytes without padding (it is its own key). Model: Start(), Next(state),
// Check(state) -> what is wrong or "", Ended(state), Succeeded(state), MustEnd(state).
template <typename State, typename Model>
Exploration Explore(const Model& model, uint64_t max_states) {
  struct Known {
    State state;
    uint64_t parent;
    std::string label;
  };
  std::vector<Known> known;
  std::unordered_map<std::string, uint64_t> number;
  std::vector<std::vector<uint32_t>>
      before;  // predecessors, for the question whether an end can be reached
  Exploration result;

  const auto key = [](const State& state) {
    return std::string(reinterpret_cast<const char*>(&state), sizeof(State));
  };
  const auto report = [&](uint64_t at, std::string finding) {
    result.finding = std::move(finding);
    for (uint64_t i = at; i != 0; i = known[i].parent)
      result.trace.insert(result.trace.begin(), known[i].label);
  };
  const auto add = [&](const State& state, uint64_t parent, std::string label) {
    const auto [place, is_new] = number.emplace(key(state), known.size());
    if (is_new) {
      known.push_back({state, parent, std::move(label)});
      before.emplace_back();
    }
    before[place->second].push_back(static_cast<uint32_t>(parent));
    return is_new;
  };

  add(model.Start(), 0, "start");
  for (uint64_t i = 0; i < known.size(); ++i) {
    const State state = known[i].state;
    if (std::string finding = model.Check(state); !finding.empty()) {
      report(i, std::move(finding));
      return result;
    }
    if (known.size() > max_states) {
      report(i, "more states than the model may have");
      return result;
    }
    for (auto& [label, next] : model.Next(state)) add(next, i, std::move(label));
  }
  result.states = known.size();

  std::vector<bool> reaches(known.size(), false);
  std::deque<uint64_t> open;
  for (uint64_t i = 0; i < known.size(); ++i) {
    if (!model.Ended(known[i].state)) continue;
    ++result.ends;
    if (model.Succeeded(known[i].state)) ++result.succeeded;
    reaches[i] = true;
    open.push_back(i);
  }
  for (; !open.empty(); open.pop_front()) {
    for (const uint32_t parent : before[open.front()]) {
      if (reaches[parent]) continue;
      reaches[parent] = true;
      open.push_back(parent);
    }
  }
  for (uint64_t i = 0; i < known.size(); ++i) {
    if (reaches[i] || !model.MustEnd(known[i].state)) continue;
    report(i, "from here the transaction can never end");
    return result;
  }
  return result;
}

}  // namespace saga::model
