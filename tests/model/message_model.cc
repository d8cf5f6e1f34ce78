#include "tests/model/message_model.h"

namespace saga::model {

namespace {

core::GlobalTransaction MakeShape(size_t branches, bool concurrent) {
  core::GlobalTransaction transaction;
  transaction.gid = "g";
  transaction.mode = core::Mode::kMessage;
  transaction.concurrent = concurrent;
  for (size_t i = 0; i < branches; ++i) {
    transaction.branches.push_back(
        {.branch_id = std::to_string(i + 1), .op = core::Op::kAction, .target = "p:1/P/M"});
  }
  transaction.branches.push_back(
      {.branch_id = "00", .op = core::Op::kQuery, .target = "c:1/C/Query"});
  return transaction;
}

}  // namespace

MessageModel::MessageModel(size_t branches, bool concurrent, Bend bend, bool check_back_bars)
    : branches_(branches),
      check_back_bars_(check_back_bars),
      process_(MakeShape(branches, concurrent), bend) {}

MessageState MessageModel::Start() const {
  return {.process = process_.Born(core::Prepared{process_.Shape()})};
}

std::vector<Successor<MessageState>> MessageModel::Next(const MessageState& state) const {
  std::vector<Successor<MessageState>> next;
  ProcessSuccessors process = process_.Next(state.process);
  for (size_t row = 0; row < branches_; ++row) process_.Arrive(state.process, row, row, process);
  for (auto& [label, successor] : process) {
    MessageState after = state;
    after.process = successor;
    next.push_back({std::move(label), after});
  }
  if (state.process.Sent(branches_)) {
    MessageState asked = state;
    const uint8_t bit = static_cast<uint8_t>(1u << branches_);
    (state.local == 1 ? asked.process.said_yes : asked.process.said_no) |= bit;
    if (state.local == 0 && check_back_bars_) asked.local = 2;
    next.push_back({"the check-back arrives", asked});
  }
  Client(state, next);
  return next;
}

void MessageModel::Client(const MessageState& state,
                          std::vector<Successor<MessageState>>& next) const {
  if (state.local == 0) {
    MessageState committed = state;
    committed.local = 1;
    next.push_back({"the local transaction is committed", committed});
    MessageState rolled_back = state;
    rolled_back.local = 2;
    next.push_back({"the local transaction is rolled back", rolled_back});
  }
  if (state.local != 0 && state.decision == 0) {
    MessageState decided = state;
    decided.decision = state.local;
    next.push_back({"the client decides", decided});
  }
  if (state.decision == 0 || !state.process.Up()) return;
  MessageState after = state;
  core::Verdict verdict = core::Verdict::kNotFound;
  core::Event event = core::AbortRequested{};
  if (state.decision == 1) event = core::Submitted{process_.Shape()};
  after.process = process_.After(state.process, std::move(event), &verdict);
  const bool yes = verdict == core::Verdict::kAccepted || verdict == core::Verdict::kAlready;
  if (state.decision == 1 && yes) after.told_yes = 1;
  next.push_back({state.decision == 1 ? "submit" : "abort", after});
}

std::string MessageModel::Check(const MessageState& state) const {
  const ProcessState& process = state.process;
  const core::Status stored = process.Stored();
  const bool delivering = stored == core::Status::kSubmitted || stored == core::Status::kSucceed;
  for (size_t row = 0; row < branches_; ++row) {
    if (process.Sent(row) && !delivering) return "a delivery was sent before submitted was stored";
    if (process.effects[row].first > 1) return "a delivery took effect twice";
    if (stored == core::Status::kSucceed && process.effects[row].first != 1)
      return "succeed, but not delivered";
  }
  if (delivering && state.local != 1)
    return "to be delivered, but the local transaction is not committed";
  if (stored == core::Status::kFailed && state.local == 1)
    return "failed, but the local transaction is committed";
  if (stored == core::Status::kAborting) return "a message is never undone";
  if (state.told_yes != 0 && stored == core::Status::kFailed)
    return "an accepted submit ended in failed";
  return process_.Forgotten(process) ? "open, nothing is out and nothing is planned" : "";
}

}  // namespace saga::model
