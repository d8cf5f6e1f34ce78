#pragma once

// A two-phase message: a local transaction at the client, a check-back that asks for it,
// deliveries.

#include <string>
#include <vector>

#include "tests/model/explorer.h"
#include "tests/model/process.h"

namespace saga::model {

struct MessageState {
  ProcessState process;
  uint8_t local = 0;     // 0 open, 1 committed, 2 may not be committed any more
  uint8_t decision = 0;  // 1 submit, 2 abort
  uint8_t told_yes = 0;
};

class MessageModel {
 public:
  // `check_back_bars`: a check-back that finds nothing keeps the local transaction from being
  // committed later, as the barrier table does (protocol 7.3).
  MessageModel(size_t branches, bool concurrent, Bend bend = {}, bool check_back_bars = true);

  MessageState Start() const;
  std::vector<Successor<MessageState>> Next(const MessageState& state) const;
  std::string Check(const MessageState& state) const;
  bool Ended(const MessageState& state) const { return core::IsFinal(state.process.Stored()); }
  bool Succeeded(const MessageState& state) const {
    return state.process.Stored() == core::Status::kSucceed;
  }
  bool MustEnd(const MessageState&) const { return true; }
  const Process& process() const { return process_; }

 private:
  void Client(const MessageState& state, std::vector<Successor<MessageState>>& next) const;

  const size_t branches_;  // the check-back is the row after them
  const bool check_back_bars_;
  const Process process_;
};

}  // namespace saga::model
