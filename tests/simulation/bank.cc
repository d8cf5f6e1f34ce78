#include "tests/simulation/bank.h"

#include <utility>

namespace saga::simulation {

namespace {

struct Names {
  std::string op;
  std::string origin;  // what an undo undoes
};

Names NamesOf(core::Op op) {
  switch (op) {
    case core::Op::kAction:
      return {"action", ""};
    case core::Op::kCompensate:
      return {"compensate", "action"};
    case core::Op::kTry:
      return {"try", ""};
    case core::Op::kConfirm:
      return {"confirm", ""};
    case core::Op::kCancel:
      return {"cancel", "try"};
    case core::Op::kQuery:
      return {"msg", ""};
    case core::Op::kCommit:
      return {"commit", ""};
    case core::Op::kRollback:
      return {"rollback", "action"};
    case core::Op::kCallback:
    case core::Op::kBusiness:
      return {};
  }
  return {};
}

}  // namespace

void Bank::Script(const std::string& gid, const std::string& branch_id, BranchScript script) {
  scripts_[{gid, branch_id}] = script;
}

void Bank::OnCallback(const std::string& gid, Callback callback) {
  callbacks_[gid] = std::move(callback);
}

bool Bank::CommitLocal(const std::string& gid) { return local_.emplace(gid, true).first->second; }

bool Bank::LocalCommitted(const std::string& gid) const {
  const auto found = local_.find(gid);
  return found != local_.end() && found->second;
}

bool Bank::Pass(const std::string& gid, const std::string& branch_id, const std::string& op,
                const std::string& origin) {
  if (!barrier_) return true;
  const bool null_undo = !origin.empty() && rows_.insert({gid, branch_id, origin}).second;
  const bool first = rows_.insert({gid, branch_id, op}).second;
  return first && !null_undo;
}

core::Outcome Bank::Decide(const std::string& gid, const std::string& branch_id, core::Op op) {
  BranchScript& script = scripts_[{gid, branch_id}];
  if (script.errors_first > 0) {
    --script.errors_first;
    return core::Outcome::kUnknown;
  }
  if (script.ongoing_first > 0) {
    --script.ongoing_first;
    return core::Outcome::kOngoing;
  }
  const bool may_refuse = op == core::Op::kAction || op == core::Op::kTry;
  return may_refuse && script.refuses ? core::Outcome::kFailure : core::Outcome::kSuccess;
}

void Bank::Move(Effect& effect, int64_t amount) {
  effect.balance += amount;
  house_ -= amount;
}

port::BranchReply Bank::Handle(const port::BranchCall& call) {
  ++calls_;
  if (call.op == core::Op::kQuery) {
    const auto [place, first] = local_.emplace(call.gid, false);
    return {place->second ? core::Outcome::kSuccess : core::Outcome::kFailure, "not committed"};
  }
  if (call.op == core::Op::kCallback) {
    const auto found = callbacks_.find(call.gid);
    if (found == callbacks_.end()) return {core::Outcome::kFailure, "nobody runs this"};
    return {found->second(call), "called back"};
  }
  if (base::Value(call.payload) == kBadPayload) {
    return {.outcome = core::Outcome::kUnknown,
            .text = "no number",
            .hopeless = core::DeadReason::kContract};
  }
  return {Do(call.gid, call.branch_id, call.op), "scripted"};
}

core::Outcome Bank::Do(const std::string& gid, const std::string& branch_id, core::Op op) {
  const core::Outcome outcome = Decide(gid, branch_id, op);
  if (outcome == core::Outcome::kSuccess) DoByHand(gid, branch_id, op);
  return outcome;
}

void Bank::DoByHand(const std::string& gid, const std::string& branch_id, core::Op op) {
  const Names names = NamesOf(op);
  if (!Pass(gid, branch_id, names.op, names.origin)) return;
  Effect& effect = effects_[gid][branch_id];
  const int64_t amount = scripts_[{gid, branch_id}].amount;
  switch (op) {
    case core::Op::kAction:
      ++effect.actions;
      Move(effect, amount);
      break;
    case core::Op::kCompensate:
      ++effect.undone;
      Move(effect, -amount);
      break;
    case core::Op::kConfirm:
    case core::Op::kCommit:
      ++effect.actions;
      effect.frozen -= amount;
      Move(effect, amount);
      break;
    case core::Op::kCancel:
    case core::Op::kRollback:
      ++effect.released;
      effect.frozen -= amount;
      break;
    case core::Op::kTry:
    case core::Op::kQuery:
    case core::Op::kCallback:
    case core::Op::kBusiness:
      break;
  }
}

void Bank::Freeze(const std::string& gid, const std::string& branch_id) {
  Effect& effect = effects_[gid][branch_id];
  ++effect.tried;
  effect.frozen += scripts_[{gid, branch_id}].amount;
}

core::Outcome Bank::Try(const std::string& gid, const std::string& branch_id) {
  ++calls_;
  const core::Outcome outcome = Decide(gid, branch_id, core::Op::kTry);
  if (outcome != core::Outcome::kSuccess) return outcome;
  // A try that finds its cancel already there must not freeze: it answers success and does nothing.
  if (Pass(gid, branch_id, "try", "")) Freeze(gid, branch_id);
  return core::Outcome::kSuccess;
}

core::Outcome Bank::LocalPart(const std::string& gid, const std::string& branch_id) {
  ++calls_;
  const core::Outcome outcome = Decide(gid, branch_id, core::Op::kAction);
  if (outcome != core::Outcome::kSuccess) return outcome;
  // The row that a rollback left behind: this part may not be prepared any more (protocol 7.3).
  if (!Pass(gid, branch_id, "action", "")) return core::Outcome::kFailure;
  Freeze(gid, branch_id);
  return core::Outcome::kSuccess;
}

int64_t Bank::Total() const {
  int64_t total = house_;
  for (const auto& [gid, branches] : effects_) {
    for (const auto& [branch_id, effect] : branches) total += effect.balance;
  }
  return total;
}

}  // namespace saga::simulation
