#include "tests/model/tcc_model.h"

namespace saga::model {

namespace {

core::GlobalTransaction MakeShape(size_t branches) {
  core::GlobalTransaction transaction;
  transaction.gid = "g";
  transaction.mode = core::Mode::kTcc;
  transaction.options.timeout_to_fail_s = 1000;
  for (size_t i = 0; i < branches; ++i) {
    core::Branch branch{.branch_id = std::to_string(i + 1), .target = "p:1/P/M"};
    branch.op = core::Op::kCancel;
    transaction.branches.push_back(branch);
    branch.op = core::Op::kConfirm;
    transaction.branches.push_back(branch);
  }
  return transaction;
}

uint8_t Bit(size_t i) { return static_cast<uint8_t>(1u << i); }

}  // namespace

TccModel::TccModel(size_t branches, Bend bend, Ways ways)
    : branches_(branches), process_(MakeShape(branches), bend, ways) {}

TccState TccModel::Start() const {
  return {.process = process_.Born(core::Prepared{process_.Draft()})};
}

std::vector<Successor<TccState>> TccModel::Next(const TccState& state) const {
  std::vector<Successor<TccState>> next;
  ProcessSuccessors process = process_.Next(state.process);
  for (size_t row = 0; row < state.process.stored.row_count; ++row) {
    process_.Arrive(state.process, row, row / 2, process);
    process_.Operate(state.process, row, row / 2, process);
  }
  for (auto& [label, successor] : process) {
    TccState after = state;
    after.process = successor;
    next.push_back({std::move(label), after});
  }
  Client(state, next);
  return next;
}

void TccModel::Client(const TccState& state, std::vector<Successor<TccState>>& next) const {
  // Tries travel like every other request: once sent, they may arrive whenever they like.
  for (size_t i = 0; i < branches_; ++i) {
    if ((state.try_sent & Bit(i)) == 0) continue;
    TccState tried = state;
    Deliver(core::Op::kTry, !process_.bend().no_barrier, &tried.process.effects[i]);
    tried.try_yes |= Bit(i);
    next.push_back({"try " + std::to_string(i + 1) + " arrives", tried});
  }
  if (state.decision == 0 && state.registered > 0) {
    TccState sent = state;
    sent.try_sent |= Bit(state.registered - 1u);
    next.push_back({"the client tries", sent});
  }
  if (state.decision == 0) {
    TccState gave_up = state;
    gave_up.decision = 2;
    next.push_back({"the client decides to abort", gave_up});
  }
  if (state.decision == 0 && state.try_yes == Bit(branches_) - 1) {
    TccState decided = state;
    decided.decision = 1;
    next.push_back({"the client decides to submit", decided});
  }
  if (!state.process.Up()) return;
  if (state.decision == 0 && state.registered < branches_ &&
      state.try_yes == Bit(state.registered) - 1) {
    const auto first = process_.Shape().branches.begin() + 2 * state.registered;
    core::Verdict verdict = core::Verdict::kNotFound;
    TccState after = state;
    after.process = process_.After(
        state.process, core::BranchRegistered{core::Mode::kTcc, {first, first + 2}}, &verdict);
    next.push_back({"registration, its answer lost", after});
    if (verdict == core::Verdict::kAccepted || verdict == core::Verdict::kAlready) {
      after.registered++;
      next.push_back({"registration", after});
    }
  }
  if (state.decision == 1) {
    core::Verdict verdict = core::Verdict::kNotFound;
    TccState after = state;
    after.process = process_.After(state.process, core::Submitted{process_.Draft()}, &verdict);
    if (verdict == core::Verdict::kAccepted || verdict == core::Verdict::kAlready)
      after.told_yes = 1;
    next.push_back({"submit", after});
  }
  if (state.decision == 2) {
    TccState after = state;
    after.process = process_.After(state.process, core::AbortRequested{.reason = "no"});
    next.push_back({"abort", after});
  }
}

std::string TccModel::Check(const TccState& state) const {
  const ProcessState& process = state.process;
  const core::Status stored = process.Stored();
  for (size_t i = 0; i < branches_; ++i) {
    const Effects& effects = process.effects[i];
    const bool undoing = stored == core::Status::kAborting || stored == core::Status::kFailed;
    const bool confirming = stored == core::Status::kSubmitted || stored == core::Status::kSucceed;
    if (process.Sent(2 * i) && !undoing) return "a cancel was sent before aborting was stored";
    if (process.Sent(2 * i + 1) && !confirming)
      return "a confirm was sent before submitted was stored";
    if (effects.first > 1 || effects.confirmed > 1 || effects.undone > 1)
      return "something took effect twice";
    if (stored == core::Status::kSucceed && (effects.first != 1 || effects.confirmed != 1)) {
      return "succeed, but a branch is not tried and confirmed";
    }
    if (stored == core::Status::kSucceed && effects.undone != 0)
      return "succeed, but a branch is cancelled";
    if (stored == core::Status::kFailed && effects.confirmed != 0)
      return "failed, but a branch is confirmed";
    if (stored == core::Status::kFailed && effects.first != effects.undone)
      return "failed, but a freeze stands";
  }
  if (state.told_yes != 0 && stored == core::Status::kFailed)
    return "an accepted submit ended in failed";
  if (std::string finding = process_.CheckMarks(process); !finding.empty()) return finding;
  return process_.Forgotten(process) ? "open, nothing is out and nothing is planned" : "";
}

}  // namespace saga::model
