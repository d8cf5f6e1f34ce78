#pragma once

// An XA: the client asks one participant after the other for its local part; each registers its
// branch from inside of it and prepares it. Then the client decides, or is gone before it does.

#include <array>
#include <string>
#include <vector>

#include "tests/model/explorer.h"
#include "tests/model/process.h"

namespace saga::model {

// What a participant's database knows of its part. Open and registered hold the barrier's row: a
// rollback has to wait for them.
enum class Local : uint8_t { kNone, kOpen, kRegistered, kPrepared, kRolledBack, kCommitted };

struct XaState {
  ProcessState process;
  std::array<Local, kMaxBranches> local{};
  uint8_t asked = 0;      // participants that the client has asked
  uint8_t local_yes = 0;  // ... and that ever answered "prepared"
  uint8_t decision = 0;   // 1 submit, 2 abort
  uint8_t told_yes = 0;   // its submit was accepted
};

class XaModel {
 public:
  explicit XaModel(size_t branches, Bend bend = {});

  XaState Start() const;
  std::vector<Successor<XaState>> Next(const XaState& state) const;
  std::string Check(const XaState& state) const;
  bool Ended(const XaState& state) const { return core::IsFinal(state.process.Stored()); }
  bool Succeeded(const XaState& state) const {
    return state.process.Stored() == core::Status::kSucceed;
  }
  bool MustEnd(const XaState&) const { return true; }
  const Process& process() const { return process_; }

 private:
  void Client(const XaState& state, std::vector<Successor<XaState>>& next) const;
  void LocalPart(const XaState& state, size_t i, std::vector<Successor<XaState>>& next) const;
  void SecondPhase(const XaState& state, size_t i, std::vector<Successor<XaState>>& next) const;
  std::string CheckOrder(const ProcessState& process, size_t i, const XaState& state) const;

  const size_t branches_;
  const Process process_;
};

}  // namespace saga::model
