#pragma once

// A TCC: the client registers and tries its branches and decides, or is gone before it does.

#include <string>
#include <vector>

#include "tests/model/explorer.h"
#include "tests/model/process.h"

namespace saga::model {

struct TccState {
  ProcessState process;
  uint8_t registered = 0;  // branches whose registration was answered
  uint8_t try_sent = 0;
  uint8_t try_yes = 0;
  uint8_t decision =
      0;  // what the client may ask for from now on, again and again: 1 submit, 2 abort
  uint8_t told_yes = 0;  // its submit was accepted
};

class TccModel {
 public:
  explicit TccModel(size_t branches, Bend bend = {}, Ways ways = {});

  TccState Start() const;
  std::vector<Successor<TccState>> Next(const TccState& state) const;
  std::string Check(const TccState& state) const;
  bool Ended(const TccState& state) const { return core::IsFinal(state.process.Stored()); }
  bool Succeeded(const TccState& state) const {
    return state.process.Stored() == core::Status::kSucceed;
  }
  bool MustEnd(const TccState&) const { return true; }
  const Process& process() const { return process_; }

 private:
  void Client(const TccState& state, std::vector<Successor<TccState>>& next) const;

  const size_t branches_;
  const Process process_;
};

}  // namespace saga::model
