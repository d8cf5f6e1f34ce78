#pragma once

// A saga and everything between it and its participants that can go wrong.

#include <string>
#include <vector>

#include "tests/model/explorer.h"
#include "tests/model/process.h"

namespace saga::model {

struct SagaShape {
  size_t steps = 2;
  bool concurrent = false;
  std::vector<std::vector<uint32_t>> predecessors;
  bool deadline = true;
  int retry_limit = 0;
  Ways ways;
};

class SagaModel {
 public:
  explicit SagaModel(const SagaShape& shape, Bend bend = {});

  ProcessState Start() const;
  ProcessSuccessors Next(const ProcessState& state) const;
  std::string Check(const ProcessState& state) const;
  bool Ended(const ProcessState& state) const { return core::IsFinal(state.Stored()); }
  bool Succeeded(const ProcessState& state) const {
    return state.Stored() == core::Status::kSucceed;
  }
  bool MustEnd(const ProcessState&) const { return true; }
  const Process& process() const { return process_; }

 private:
  const Process process_;
};

}  // namespace saga::model
