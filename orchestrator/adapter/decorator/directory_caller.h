#pragma once

#include "orchestrator/port/branch_caller.h"
#include "orchestrator/port/participant_directory.h"

namespace saga::adapter {

// Finds out, when a call is made, which instance of a participant it goes to: a target
// `participant://name/Operation` becomes that instance's address and method, called in the way that
// it registered. All other calls are handed on as they are.
//
// Where nobody can be called the call ends with kUnknown: kUnreachable while no instance is alive,
// hopeless (kUnknownMethod) when the participant has no such operation.
//
// Thread-safe.
class DirectoryCaller final : public port::BranchCaller {
 public:
  // Both outlive this, and the directory its calls as well.
  DirectoryCaller(port::BranchCaller& caller, port::ParticipantDirectory& directory)
      : caller_(caller), directory_(directory) {}

  void Call(port::BranchCall call, Done done) override;

 private:
  port::BranchCaller& caller_;
  port::ParticipantDirectory& directory_;
};

}  // namespace saga::adapter
