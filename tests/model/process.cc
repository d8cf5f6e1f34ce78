#include "tests/model/process.h"

namespace saga::model {

namespace {

uint8_t Bit(size_t row) { return static_cast<uint8_t>(1u << row); }

}  // namespace

core::GlobalTransaction Process::Draft() const {
  core::GlobalTransaction draft = Shape();
  draft.branches.clear();
  return draft;
}

ProcessState Process::Born(core::Event event) const {
  core::GlobalTransaction created;
  const core::Decision decision = core::Create(std::move(event), ContextAt(false), &created);
  ProcessState state;
  if (decision.durable) state.live = state.stored = codec_.Pack(created);
  return state;
}

ProcessState Process::After(ProcessState state, core::Event event, core::Verdict* verdict) const {
  core::GlobalTransaction transaction = codec_.Unpack(state.live);
  const core::Decision decision =
      core::Step(transaction, std::move(event), ContextAt(state.late != 0));
  state.live = codec_.Pack(transaction);
  if (decision.durable) state.stored = state.live;
  if (verdict != nullptr) *verdict = decision.verdict;
  return state;
}

ProcessSuccessors Process::Next(const ProcessState& state) const {
  ProcessSuccessors next;
  Times(state, next);
  if (!state.Up()) {
    ProcessState started = state;
    core::GlobalTransaction transaction = codec_.Unpack(state.stored);
    core::AssumeCallsBeyondRecord(transaction);
    started.live = codec_.Pack(transaction);
    if (state.late != 0) started = After(started, core::Woken{});
    next.push_back({"restart", started});
    return next;
  }
  ProcessState crashed = state;
  crashed.live = {};
  crashed.out = 0;
  next.push_back({"crash", crashed});
  Calls(state, next);
  Answers(state, next);
  return next;
}

void Process::Calls(const ProcessState& state, ProcessSuccessors& next) const {
  const core::GlobalTransaction transaction = codec_.Unpack(state.live);
  for (const uint32_t row : core::Due(transaction, ContextAt(state.late != 0).now)) {
    if ((state.out & Bit(row)) != 0) continue;
    core::GlobalTransaction calling = transaction;
    core::StartCall(calling, row);
    ProcessState called = state;
    called.live = codec_.Pack(calling);
    called.out |= Bit(row);
    called.sent |= Bit(row);
    next.push_back({"call " + Name(transaction.branches[row]), called});
  }
}

void Process::Arrive(const ProcessState& state, size_t row, size_t participant,
                     ProcessSuccessors& next) const {
  if (!state.Sent(row)) return;
  const core::Branch& branch = Shape().branches[row];
  ProcessState done = state;
  Deliver(branch.op, !bend_.no_barrier, &done.effects[participant]);
  done.said_yes |= Bit(row);
  next.push_back({Name(branch) + " arrives and is done", done});
  if (branch.op != core::Op::kAction) return;
  ProcessState refused = state;
  refused.said_no |= Bit(row);
  next.push_back({Name(branch) + " arrives and is refused", refused});
}

void Process::Answers(const ProcessState& state, ProcessSuccessors& next) const {
  for (uint32_t row = 0; row < state.live.row_count; ++row) {
    const std::string name = Name(Shape().branches[row]);
    const bool out = (state.out & Bit(row)) != 0;
    ProcessState heard = state;
    heard.out = static_cast<uint8_t>(state.out & ~Bit(row));
    // The answer to the call that is out, or a late one to a call given up: attempt 0.
    const uint32_t attempt = out ? 1 : 0;
    const auto add = [&](core::Outcome outcome, const char* word) {
      next.push_back({name + " answered " + word,
                      After(heard, core::BranchAnswered{row, attempt, outcome, word})});
    };
    if ((state.said_yes & Bit(row)) != 0) add(core::Outcome::kSuccess, "success");
    if ((state.said_no & Bit(row)) != 0) add(core::Outcome::kFailure, "failure");
    if (out) {
      add(core::Outcome::kOngoing, "ongoing");
      add(core::Outcome::kUnknown, "unknown");
    }
  }
}

void Process::Times(const ProcessState& state, ProcessSuccessors& next) const {
  // A planned retry comes due: in memory and, if it is planned there too, on disk.
  for (size_t row = 0; row < state.stored.row_count; ++row) {
    if (!state.live.Waits(row) && (state.Up() || !state.stored.Waits(row))) continue;
    ProcessState due = state;
    due.live.MakeDue(row);
    due.stored.MakeDue(row);
    next.push_back({"retry of " + Name(Shape().branches[row]) + " is due", due});
  }
  if (state.late != 0) return;
  ProcessState late = state;
  late.late = 1;
  if (late.Up()) late = After(late, core::Woken{});
  next.push_back({"the deadline passes", late});
}

bool Process::Forgotten(const ProcessState& state) const {
  if (state.out != 0) return false;
  // While the process is down, the store knows when it has to be looked at.
  const core::GlobalTransaction transaction = codec_.Unpack(state.Up() ? state.live : state.stored);
  if (core::IsFinal(transaction.status)) return false;
  return core::NextWake(transaction, core::Settings{}) == base::kNever;
}

}  // namespace saga::model
