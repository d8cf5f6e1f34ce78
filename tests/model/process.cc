#include "tests/model/process.h"

#include "orchestrator/core/words.h"

namespace saga::model {

namespace {

// Later than every deadline: it comes when the model says so.
constexpr base::Time kReplyBy{1'000'000'000'000'000};

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
    if (state.live.OnFallback(row)) {
      NotYet(state, {.row = row, .attempt = 1, .outcome = core::Outcome::kUnknown},
             "no reply to " + Name(transaction.branches[row]) + " in time", next);
      continue;
    }
    if (ways_.fallback) Command(state, row, next);
    core::GlobalTransaction calling = transaction;
    core::StartCall(calling, row);
    ProcessState called = state;
    called.live = codec_.Pack(calling);
    called.out |= Bit(row);
    called.sent |= Bit(row);
    next.push_back({"call " + Name(transaction.branches[row]), called});
  }
}

// Published from the store, so that it may arrive from the commit on, whoever dies.
void Process::Command(const ProcessState& state, uint32_t row, ProcessSuccessors& next) const {
  core::GlobalTransaction transaction = codec_.Unpack(state.live);
  core::Decision decision;
  const core::Context context = ContextAt(state.late != 0);
  core::StartFallback(transaction, row, kReplyBy, context, &decision);
  ProcessState commanded = state;
  commanded.live = codec_.Pack(transaction);
  if (decision.durable) commanded.stored = commanded.live;
  commanded.sent |= Bit(row);
  next.push_back({"command " + Name(transaction.branches[row]), commanded});
}

// An answer that decides nothing: it is asked again, or that was the last time.
void Process::NotYet(const ProcessState& state, const core::BranchAnswered& answer,
                     const std::string& label, ProcessSuccessors& next) const {
  next.push_back({label, After(state, answer)});
  if (!ways_.dead_letters || answer.outcome == core::Outcome::kOngoing) return;
  core::BranchAnswered last = answer;
  last.attempt_limit = 1;
  next.push_back({label + ", for the last time", After(state, last)});
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
      for (const core::Outcome outcome : {core::Outcome::kOngoing, core::Outcome::kUnknown})
        NotYet(heard, {row, attempt, outcome},
               name + " answered " + std::string(core::WordOf(outcome)), next);
    }
    if (ways_.fallback) Replies(state, row, next);
  }
}

// What was ever said may be said again by the queue, whether somebody waits for it or not.
void Process::Replies(const ProcessState& state, uint32_t row, ProcessSuccessors& next) const {
  if (!state.Sent(row)) return;
  const bool awaited = state.live.OnFallback(row);
  const auto add = [&](core::Outcome outcome) {
    const core::BranchAnswered reply{
        .row = row, .attempt = awaited ? 1u : 0u, .outcome = outcome, .from_queue = true};
    NotYet(state, reply,
           Name(Shape().branches[row]) + " replied " + std::string(core::WordOf(outcome)), next);
  };
  if ((state.said_yes & Bit(row)) != 0) add(core::Outcome::kSuccess);
  if ((state.said_no & Bit(row)) != 0) add(core::Outcome::kFailure);
  if (!awaited) return;
  add(core::Outcome::kOngoing);
  add(core::Outcome::kUnknown);
}

void Process::Operate(const ProcessState& state, size_t row, size_t participant,
                      ProcessSuccessors& next) const {
  using Kind = core::DeadLetterAct::Kind;
  const core::Branch& branch = Shape().branches[row];
  const bool action = Shape().mode == core::Mode::kSaga && branch.op == core::Op::kAction;
  const auto undone = [&](ProcessState by_hand) {
    Deliver(core::Op::kCompensate, !bend_.no_barrier, &by_hand.effects[participant]);
    by_hand.to_undo &= static_cast<uint8_t>(~Bit(participant));
    return by_hand;
  };
  if (action && state.ToUndo(participant))
    next.push_back({Name(branch) + " is undone by hand", undone(state)});
  if (!ways_.dead_letters || !state.Up() || !state.live.Dead(row)) return;
  const auto act = [&](Kind kind, const char* word) {
    core::Verdict verdict = core::Verdict::kNotFound;
    const core::DeadLetterAct event{
        .kind = kind, .branch_id = branch.branch_id, .op = branch.op, .death = 1};
    ProcessState after = After(state, event, &verdict);
    if (verdict != core::Verdict::kAccepted) return;
    if (kind == Kind::kResolveCompensated && action && !bend_.undo_by_hand_first)
      after.to_undo |= Bit(participant);
    next.push_back({Name(branch) + " is " + word + " by the operator", after});
  };
  act(Kind::kReplay, "replayed");
  // Done, as the participant itself says.
  if ((state.said_yes & Bit(row)) != 0 || bend_.resolve_unseen) act(Kind::kResolveDone, "resolved");
  if (!action) return;
  act(Kind::kResolveFailed, "given up");
  if (bend_.undo_by_hand_first) next.push_back({Name(branch) + " is undone early", undone(state)});
  const bool early = Arrived(core::Op::kCompensate, state.effects[participant]);
  if (early || !bend_.undo_by_hand_first) act(Kind::kResolveCompensated, "resolved as undone");
}

void Process::Times(const ProcessState& state, ProcessSuccessors& next) const {
  // A planned retry comes due: in memory and, if it is planned there too, on disk.
  for (size_t row = 0; row < state.stored.row_count; ++row) {
    if (!state.live.Waits(row) && (state.Up() || !state.stored.Waits(row))) continue;
    if (bend_.no_reply_deadline && state.stored.OnFallback(row)) continue;
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
  for (const core::Branch& branch : transaction.branches) {
    if (branch.dead != core::DeadReason::kNone) return false;
  }
  return core::NextWake(transaction, core::Settings{}) == base::kNever;
}

std::string Process::CheckMarks(const ProcessState& state) const {
  for (const Record* record : {&state.live, &state.stored}) {
    const bool final = core::IsFinal(static_cast<core::Status>(record->status));
    for (size_t row = 0; row < record->row_count; ++row) {
      const bool marked = record->Dead(row) || record->OnFallback(row);
      if (marked && final) return "ended, and still somebody is to decide or to reply";
      if (record->Dead(row) && record->OnFallback(row)) return "dead, and a reply is awaited";
      if (record->Dead(row) && record->Waits(row)) return "dead, and planned to be called";
    }
  }
  for (size_t row = 0; row < state.live.row_count; ++row) {
    if (state.live.Dead(row) && (state.out & Bit(row)) != 0) return "dead, and being called";
  }
  return "";
}

}  // namespace saga::model
