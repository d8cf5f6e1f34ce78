#pragma once

// The participants of the simulated world: accounts that branches move money between, behind a
// barrier of their own, and a record of everything that ever took effect. The auditor reads that
// record; nothing of it comes from the engine.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "orchestrator/core/mode.h"
#include "orchestrator/core/outcome.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::simulation {

// What a participant was told to do about one branch of one gid, decided by the script before the
// run.
struct BranchScript {
  bool refuses = false;   // the action or try fails for good
  int ongoing_first = 0;  // answers "still working" this many times before it decides
  int errors_first = 0;   // answers nonsense this many times before it decides
  int64_t amount = 0;     // what the branch moves
};

// What some calls carry: the bank does not understand it until an operator has put it right.
inline constexpr char kBadPayload[] = "qty=1O";
inline constexpr char kGoodPayload[] = "qty=10";

class Bank {
 public:
  // With `barrier` off every delivered call takes effect: to show that the auditor notices.
  explicit Bank(bool barrier) : barrier_(barrier) {}

  void Script(const std::string& gid, const std::string& branch_id, BranchScript script);
  // The local transaction behind a message. False: a check-back came first and was told that there
  // is none, so it may not be committed any more.
  bool CommitLocal(const std::string& gid);

  // Who runs a workflow is a participant too: what its callbacks come to.
  using Callback = std::function<core::Outcome(const port::BranchCall&)>;
  void OnCallback(const std::string& gid, Callback callback);

  port::BranchReply Handle(const port::BranchCall& call);
  // What a client does itself, without sagad: a try of a TCC; the local part of an XA, prepared by
  // its registered participant; a step of a workflow, an action or the compensation of one. Any
  // answer but success: it had no effect, or none that this caller heard of.
  core::Outcome Try(const std::string& gid, const std::string& branch_id);
  core::Outcome LocalPart(const std::string& gid, const std::string& branch_id);
  core::Outcome Do(const std::string& gid, const std::string& branch_id, core::Op op);
  // What an operator does at the bank's desk: it takes effect, unless it did so before or may not
  // any more.
  void DoByHand(const std::string& gid, const std::string& branch_id, core::Op op);

  // How often each thing took effect.
  struct Effect {
    int actions = 0;      // action, or confirm after try, or commit after the local part
    int undone = 0;       // compensation of an action that had taken effect
    int tried = 0;        // frozen, by a try or a prepared local part
    int released = 0;     // freeze taken back
    int64_t balance = 0;  // what moved in the end
    int64_t frozen = 0;
  };
  const std::map<std::string, std::map<std::string, Effect>>& Effects() const { return effects_; }
  bool LocalCommitted(const std::string& gid) const;
  int64_t Total() const;  // of all accounts, the other side of every movement included: always 0
  uint64_t Calls() const { return calls_; }

 private:
  // DTM's barrier (protocol 7.3): true when the business may run.
  bool Pass(const std::string& gid, const std::string& branch_id, const std::string& op,
            const std::string& origin);
  core::Outcome Decide(const std::string& gid, const std::string& branch_id, core::Op op);
  void Move(Effect& effect, int64_t amount);
  void Freeze(const std::string& gid, const std::string& branch_id);

  const bool barrier_;
  std::map<std::tuple<std::string, std::string>, BranchScript> scripts_;
  std::map<std::string, bool> local_;
  std::map<std::string, Callback> callbacks_;
  std::set<std::tuple<std::string, std::string, std::string>> rows_;
  std::map<std::string, std::map<std::string, Effect>> effects_;
  int64_t house_ = 0;  // the other side of every movement
  uint64_t calls_ = 0;
};

}  // namespace saga::simulation
