#include "tests/model/xa_model.h"

namespace saga::model {

namespace {

core::GlobalTransaction MakeShape(size_t branches) {
  core::GlobalTransaction transaction;
  transaction.gid = "g";
  transaction.mode = core::Mode::kXa;
  transaction.options.timeout_to_fail_s = 1000;
  for (size_t i = 0; i < branches; ++i) {
    core::Branch branch{.branch_id = std::to_string(i + 1), .target = "p:1/P/M"};
    branch.op = core::Op::kRollback;
    transaction.branches.push_back(branch);
    branch.op = core::Op::kCommit;
    transaction.branches.push_back(branch);
  }
  return transaction;
}

uint8_t Bit(size_t i) { return static_cast<uint8_t>(1u << i); }

bool Yes(core::Verdict verdict) {
  return verdict == core::Verdict::kAccepted || verdict == core::Verdict::kAlready;
}

// The row that a rollback leaves behind, so that no late local part is prepared any more.
bool Barred(const XaState& state, size_t i) { return state.process.effects[i].barrier != 0; }

}  // namespace

XaModel::XaModel(size_t branches, Bend bend)
    : branches_(branches), process_(MakeShape(branches), bend) {}

XaState XaModel::Start() const {
  return {.process = process_.Born(core::Prepared{process_.Draft()})};
}

std::vector<Successor<XaState>> XaModel::Next(const XaState& state) const {
  std::vector<Successor<XaState>> next;
  for (auto& [label, successor] : process_.Next(state.process)) {
    XaState after = state;
    after.process = successor;
    next.push_back({std::move(label), after});
  }
  for (size_t i = 0; i < branches_; ++i) {
    LocalPart(state, i, next);
    SecondPhase(state, i, next);
  }
  Client(state, next);
  return next;
}

void XaModel::LocalPart(const XaState& state, size_t i,
                        std::vector<Successor<XaState>>& next) const {
  const std::string name = std::to_string(i + 1);
  const auto add = [&](const std::string& label, XaState after, Local local) {
    after.local[i] = local;
    next.push_back({label + name, after});
  };
  switch (state.local[i]) {
    case Local::kNone:
    case Local::kRolledBack:
      if (state.asked > i && (!Barred(state, i) || process_.bend().no_barrier))
        add("local part begins at ", state, Local::kOpen);
      break;
    case Local::kOpen: {
      add("local part dies at ", state, Local::kRolledBack);
      if (!state.process.Up()) break;
      const auto first = process_.Shape().branches.begin() + static_cast<ptrdiff_t>(2 * i);
      core::Verdict verdict = core::Verdict::kNotFound;
      XaState after = state;
      after.process = process_.After(
          state.process, core::BranchRegistered{core::Mode::kXa, {first, first + 2}}, &verdict);
      add("registration of ", after, Yes(verdict) ? Local::kRegistered : Local::kRolledBack);
      if (Yes(verdict)) add("registration, its answer lost, of ", after, Local::kOpen);
      break;
    }
    case Local::kRegistered: {
      add("local part dies at ", state, Local::kRolledBack);
      XaState prepared = state;
      prepared.local_yes |= Bit(i);
      add("local part is prepared at ", prepared, Local::kPrepared);
      break;
    }
    case Local::kPrepared:
    case Local::kCommitted:
      break;
  }
}

void XaModel::SecondPhase(const XaState& state, size_t i,
                          std::vector<Successor<XaState>>& next) const {
  const std::string name = std::to_string(i + 1);
  const bool held = state.local[i] == Local::kOpen || state.local[i] == Local::kRegistered;
  if (state.process.Sent(2 * i) && (!held || process_.bend().no_barrier)) {
    XaState after = state;
    after.process.said_yes |= Bit(2 * i);
    after.process.effects[i].barrier = 1;
    if (state.local[i] == Local::kPrepared) after.local[i] = Local::kRolledBack;
    next.push_back({"rollback arrives at " + name, after});
  }
  if (state.process.Sent(2 * i + 1)) {
    // What is unknown to the database counts as committed (XAER_NOTA, protocol 7.3).
    XaState after = state;
    after.process.said_yes |= Bit(2 * i + 1);
    if (state.local[i] == Local::kPrepared) after.local[i] = Local::kCommitted;
    next.push_back({"commit arrives at " + name, after});
  }
}

void XaModel::Client(const XaState& state, std::vector<Successor<XaState>>& next) const {
  if (state.decision == 0) {
    if (state.asked < branches_ && state.local_yes == Bit(state.asked) - 1) {
      XaState asked = state;
      asked.asked++;
      next.push_back({"the client asks the next participant", asked});
    }
    XaState gave_up = state;
    gave_up.decision = 2;
    next.push_back({"the client decides to abort", gave_up});
    if (state.local_yes == Bit(branches_) - 1) {
      XaState decided = state;
      decided.decision = 1;
      next.push_back({"the client decides to submit", decided});
    }
    return;
  }
  if (!state.process.Up()) return;
  XaState after = state;
  core::Verdict verdict = core::Verdict::kNotFound;
  core::Event event = core::AbortRequested{.reason = "no"};
  if (state.decision == 1) event = core::Submitted{process_.Draft()};
  after.process = process_.After(state.process, std::move(event), &verdict);
  if (state.decision == 1 && Yes(verdict)) after.told_yes = 1;
  next.push_back({state.decision == 1 ? "submit" : "abort", after});
}

std::string XaModel::CheckOrder(const ProcessState& process, size_t i, const XaState& state) const {
  const core::Status stored = process.Stored();
  const bool undoing = stored == core::Status::kAborting || stored == core::Status::kFailed;
  const bool committing = stored == core::Status::kSubmitted || stored == core::Status::kSucceed;
  if (process.Sent(2 * i) && !undoing) return "a rollback was sent before aborting was stored";
  if (process.Sent(2 * i + 1) && !committing)
    return "a commit was sent before submitted was stored";
  if (i == 0) return "";
  // The first registered is the first to be settled (protocol 5.6).
  if (process.Sent(2 * i) && !Barred(state, i - 1)) return "rolled back out of turn";
  if (process.Sent(2 * i + 1) && state.local[i - 1] != Local::kCommitted)
    return "committed out of turn";
  return "";
}

std::string XaModel::Check(const XaState& state) const {
  const ProcessState& process = state.process;
  const core::Status stored = process.Stored();
  for (size_t i = 0; i < branches_; ++i) {
    if (std::string finding = CheckOrder(process, i, state); !finding.empty()) return finding;
    if (stored == core::Status::kSucceed && state.local[i] != Local::kCommitted)
      return "succeed, but a branch is not committed";
    if (stored == core::Status::kFailed && state.local[i] == Local::kCommitted)
      return "failed, but a branch is committed";
    if (stored == core::Status::kFailed && state.local[i] == Local::kPrepared)
      return "failed, but a branch stays prepared";
  }
  if (state.told_yes != 0 && stored == core::Status::kFailed)
    return "an accepted submit ended in failed";
  return process_.Forgotten(process) ? "open, nothing is out and nothing is planned" : "";
}

}  // namespace saga::model
