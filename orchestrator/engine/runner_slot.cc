// What a runner does with one of its transactions: the other half of runner.h.

#include <algorithm>
#include <utility>

#include "orchestrator/base/utf8.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/step.h"
#include "orchestrator/engine/branch_call.h"
#include "orchestrator/engine/runner.h"

namespace saga::engine {

namespace {

bool Accepted(core::Verdict verdict) {
  return verdict == core::Verdict::kAccepted || verdict == core::Verdict::kAlready;
}

}  // namespace

// --- one slot, not busy

void Runner::Process(Slot* slot, SlotItem& item) {
  std::visit([&](auto& it) { Process(slot, it); }, item);
}

void Runner::Process(Slot* slot, Request& request) {
  // An abort waits for the result if the prepare asked for that (protocol 5.8).
  if (std::holds_alternative<core::AbortRequested>(request.event) &&
      slot->transaction.wait_result && request.wait == WaitFor::kStored) {
    request.wait = WaitFor::kRest;
  }
  if (slot->waiters.size() + slot->held.size() >= core::kMaxWaitersPerGid) {
    Refuse(request.reply, "waiters_per_gid");
    return;
  }
  const core::Decision decision = Step(slot, request.event);
  if (!Accepted(decision.verdict)) {
    request.reply(MakeAnswer(*slot, decision.verdict));
  } else if (slot->Busy()) {
    slot->held.push_back(
        {std::move(request.reply), request.wait, decision.verdict, std::move(request.event)});
  } else if (request.wait == WaitFor::kStored) {
    request.reply(MakeAnswer(*slot, decision.verdict));
  } else {
    slot->waiters.push_back({std::move(request.reply), request.wait, 0, decision.verdict});
  }
}

void Runner::Process(Slot* slot, WaitRequest& request) {
  if (slot->waiters.size() >= core::kMaxWaitersPerGid) {
    Refuse(request.reply, "waiters_per_gid");
    return;
  }
  slot->waiters.push_back(
      {std::move(request.reply), request.wait, request.id, core::Verdict::kAccepted});
}

void Runner::Process(Slot* slot, CallReturned& returned) {
  if (returned.row >= slot->transaction.branches.size())
    return;  // of a record that turned out to be another one
  std::erase(slot->in_flight, returned.row);
  slot->last_row = static_cast<int32_t>(returned.row);
  const core::RequestLimits& limits = context_->options.settings.limits;
  base::CutTo(returned.reply.text, std::max(limits.reason, limits.error));
  context_->ports.observer->OnBranchAnswered(
      slot->transaction, slot->transaction.branches[returned.row], returned.reply.outcome,
      returned.reply.text, now_ - returned.started);
  Step(slot, core::BranchAnswered{returned.row, returned.attempt, returned.reply.outcome,
                                  std::move(returned.reply.text)});
}

void Runner::Process(Slot* slot, Inspection& inspection) {
  Snapshot snapshot;
  snapshot.transaction = slot->transaction;
  snapshot.in_flight = slot->in_flight;
  snapshot.next_wake = core::NextWake(slot->transaction, context_->options.settings,
                                      [&](uint32_t row) { return slot->InFlight(row); });
  inspection.done(&snapshot);
}

core::Decision Runner::Step(Slot* slot, core::Event event) {
  const core::Status before = slot->transaction.status;
  core::Decision decision = core::Step(slot->transaction, std::move(event), StepContext());
  if (before == slot->transaction.status && decision.rows.empty() && !decision.durable)
    return decision;
  Note(slot, decision);
  if (decision.durable) BeginCommit(slot);
  return decision;
}

void Runner::Note(Slot* slot, core::Decision& decision) {
  if (decision.changed) slot->MarkDirty(decision.rows);
  std::move(decision.history.begin(), decision.history.end(), std::back_inserter(slot->history));
  decision.history.clear();
}

void Runner::BeginCommit(Slot* slot) {
  slot->phase = Slot::Phase::kCommitting;
  slot->dirty = false;
  slot->writing_rows = std::exchange(slot->dirty_rows, {});
  slot->writing_history = std::exchange(slot->history, {});
  core::GlobalTransaction& transaction = slot->transaction;
  PendingWrite pending{this, {}};
  pending.write.kind =
      transaction.version == 0 ? port::Write::Kind::kInsert : port::Write::Kind::kUpdate;
  transaction.version += 1;
  pending.write.transaction = &transaction;
  pending.write.changed_rows = &slot->writing_rows;
  pending.write.history = &slot->writing_history;
  pending.write.next_wake = core::NextWake(transaction, context_->options.settings);
  writes_.push_back(pending);
}

void Runner::Settle(Slot* slot) {
  while (!slot->Busy() && !slot->aside.empty()) {
    SlotItem item = std::move(slot->aside.front());
    slot->aside.pop_front();
    Process(slot, item);
  }
  if (!slot->Busy()) Act(slot);
}

void Runner::Act(Slot* slot) {
  if (core::IsFinal(slot->transaction.status)) {
    ReleaseWaiters(slot);
    Erase(slot);
    return;
  }
  if (now_ >= slot->blocked_until) {
    for (const uint32_t row : core::Due(slot->transaction, now_)) {
      if (!slot->InFlight(row)) Launch(slot, row);
    }
  }
  ReleaseWaiters(slot);
  Rearm(slot);
  TellRest(slot);
  const bool idle = slot->in_flight.empty() && slot->waiters.empty() && !slot->dirty;
  const double limit = static_cast<double>(context_->options.max_live) * core::kEvictAbove;
  if (idle && static_cast<double>(context_->live.load()) > limit &&
      slot->wake - now_ >= core::kEvictMinWait) {
    Evict(slot);
  }
}

void Runner::Launch(Slot* slot, uint32_t row) {
  core::GlobalTransaction& transaction = slot->transaction;
  const core::Branch& branch = transaction.branches[row];
  CallReturned returned{transaction.gid, slot->number, row, branch.attempts + 1, now_, {}};
  if (slot->calls_off == nullptr) slot->calls_off = std::make_shared<std::atomic<bool>>(false);
  const bool taken = context_->lanes->Offer(
      CallOf(transaction, branch, context_->options.settings),
      [inbox = inbox_, returned = std::move(returned)](port::BranchReply reply) mutable {
        returned.reply = std::move(reply);
        inbox->Push(std::move(returned));
      },
      slot->calls_off);
  if (!taken) {
    // Not an attempt: nothing left this process. The lane's queue is its backpressure.
    slot->blocked_until = now_ + core::kLaneFullPause;
    return;
  }
  core::StartCall(transaction, row);
  slot->MarkDirty({row});
  slot->in_flight.push_back(row);
  slot->worked = true;
}

void Runner::ReleaseWaiters(Slot* slot) {
  if (slot->waiters.empty()) return;
  const bool ended = core::IsFinal(slot->transaction.status);
  const bool rests = ended || (slot->in_flight.empty() && core::AtRest(slot->transaction, now_));
  if (!rests) return;
  std::vector<Slot::Waiter> released;
  std::vector<Slot::Waiter> staying;
  for (Slot::Waiter& waiter : slot->waiters) {
    (ended || waiter.wait == WaitFor::kRest ? released : staying).push_back(std::move(waiter));
  }
  slot->waiters = std::move(staying);
  for (Slot::Waiter& waiter : released) waiter.reply(MakeAnswer(*slot, waiter.verdict));
}

void Runner::Rearm(Slot* slot) {
  base::Time wake = core::NextWake(slot->transaction, context_->options.settings,
                                   [&](uint32_t row) { return slot->InFlight(row); });
  if (wake <= now_) wake = std::max(slot->blocked_until, now_);
  wakes_.Set(slot->number, &slot->wake, wake);
}

void Runner::TellRest(Slot* slot) {
  if (!slot->worked || !slot->in_flight.empty() || !core::AtRest(slot->transaction, now_)) return;
  slot->worked = false;
  context_->ports.observer->OnRested(slot->transaction);
}

// --- after a commit

void Runner::OnDone(Slot* slot) {
  slot->phase = Slot::Phase::kOpen;
  const core::GlobalTransaction& transaction = slot->transaction;
  if (transaction.version == 1) context_->ports.observer->OnOpened(transaction, false);
  const bool turned =
      std::any_of(slot->writing_history.begin(), slot->writing_history.end(),
                  [](const auto& entry) { return entry.kind == core::HistoryKind::kAborting; });
  if (turned) context_->ports.observer->OnAborting(transaction);
  if (core::IsFinal(transaction.status)) {
    // Before anybody is told of it: a stopped transaction is not called again (protocol 5.8).
    if (slot->calls_off != nullptr) slot->calls_off->store(true);
    ++(transaction.status == core::Status::kSucceed ? context_->ended_succeed
                                                    : context_->ended_failed);
    context_->ports.observer->OnEnded(transaction);
  }
  slot->writing_rows.clear();
  slot->writing_history.clear();
  ReleaseHeld(slot);
  Settle(slot);
}

void Runner::ReleaseHeld(Slot* slot) {
  for (Slot::Held& held : std::exchange(slot->held, {})) {
    if (held.wait == WaitFor::kStored) {
      held.reply(MakeAnswer(*slot, held.verdict));
    } else {
      slot->waiters.push_back({std::move(held.reply), held.wait, 0, held.verdict});
    }
  }
}

void Runner::OnRetrying(Slot* slot, const std::string& error) {
  // The change stands and is tried again; those who asked for it should not wait for that.
  for (Slot::Held& held : std::exchange(slot->held, {})) {
    held.reply({.kind = Answer::Kind::kStoreFailed,
                .error = "not stored yet, sagad keeps trying: " + error});
  }
}

void Runner::OnInsertFailed(Slot* slot, const std::string& error) {
  FailAll(slot, Answer::Kind::kStoreFailed, error);
  Erase(slot);
}

void Runner::OnOtherRecord(Slot* slot, CommitResult& result) {
  // What was decided was decided on something that is not so. The requests behind it are stepped
  // again on what is.
  const core::GlobalTransaction draft = std::move(slot->transaction);
  std::vector<Slot::Held> held = std::exchange(slot->held, {});
  for (auto it = held.rbegin(); it != held.rend(); ++it) {
    if (auto* submitted = std::get_if<core::Submitted>(&it->event); submitted != nullptr) {
      submitted->draft = draft;
    } else if (auto* prepared = std::get_if<core::Prepared>(&it->event); prepared != nullptr) {
      prepared->draft.mode = draft.mode;
    }
    slot->aside.emplace_front(
        Request{slot->gid, std::move(it->event), it->wait, std::move(it->reply)});
  }
  slot->writing_rows.clear();
  slot->writing_history.clear();
  // Who holds the record is found out by asking for it, unless it has ended.
  if (result.kind == CommitResult::Kind::kAlreadyThere && core::IsFinal(result.existing.status)) {
    TakeUp(slot, std::move(result.existing));
    Settle(slot);
    return;
  }
  slot->transaction = {};
  slot->in_flight.clear();
  slot->phase = Slot::Phase::kLoading;
  context_->committer->Load(slot->gid, this);
}

void Runner::FailAll(Slot* slot, Answer::Kind kind, const std::string& error) {
  const auto fail = [&](Reply& reply) { reply({.kind = kind, .error = error}); };
  for (Slot::Held& held : std::exchange(slot->held, {})) fail(held.reply);
  for (Slot::Waiter& waiter : std::exchange(slot->waiters, {})) fail(waiter.reply);
  for (SlotItem& item : std::exchange(slot->aside, {})) {
    if (auto* request = std::get_if<Request>(&item); request != nullptr) fail(request->reply);
    if (auto* wait = std::get_if<WaitRequest>(&item); wait != nullptr) fail(wait->reply);
    if (auto* inspection = std::get_if<Inspection>(&item); inspection != nullptr)
      inspection->done(nullptr);
  }
}

void Runner::AnswerAll() {
  inbox_->TakeAll(items_);
  const auto stop = [](Reply& reply) { reply({.kind = Answer::Kind::kStopping}); };
  for (RunnerItem& item : items_) {
    if (auto* request = std::get_if<Request>(&item); request != nullptr) stop(request->reply);
    if (auto* wait = std::get_if<WaitRequest>(&item); wait != nullptr) stop(wait->reply);
    if (auto* inspection = std::get_if<Inspection>(&item); inspection != nullptr)
      inspection->done(nullptr);
  }
  items_.clear();
  // In the order they came, not in that of a hash table, which differs from run to run: a
  // simulation has to repeat.
  std::vector<Slot*> slots;
  slots.reserve(slots_.size());
  for (const auto& [gid, slot] : slots_) slots.push_back(slot.get());
  std::sort(slots.begin(), slots.end(),
            [](const Slot* a, const Slot* b) { return a->number < b->number; });
  for (Slot* slot : slots) FailAll(slot, Answer::Kind::kStopping, "");
}

void Runner::Refuse(Reply& reply, const std::string& limit) {
  ++context_->refused;
  context_->ports.observer->OnRefused(limit);
  reply({.kind = Answer::Kind::kOverloaded, .error = limit});
}

Answer Runner::MakeAnswer(const Slot& slot, core::Verdict verdict) const {
  Answer answer;
  answer.verdict = verdict;
  answer.transaction = slot.transaction;
  answer.last_row = slot.last_row;
  return answer;
}

core::Context Runner::StepContext() {
  // 53 bits are what a double holds.
  const double jitter = static_cast<double>(context_->ports.entropy->Next() >> 11) * 0x1.0p-53;
  return {now_, jitter, context_->options.settings};
}

}  // namespace saga::engine
