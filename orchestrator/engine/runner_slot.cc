// What a runner does with one of its transactions: the other half of runner.h.

#include <algorithm>
#include <type_traits>
#include <utility>

#include "orchestrator/base/utf8.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/step.h"
#include "orchestrator/engine/branch_call.h"
#include "orchestrator/engine/outbox_relay.h"
#include "orchestrator/engine/outgoing.h"
#include "orchestrator/engine/peer_link.h"
#include "orchestrator/engine/runner.h"

namespace saga::engine {

namespace {

bool Accepted(core::Verdict verdict) {
  return verdict == core::Verdict::kAccepted || verdict == core::Verdict::kAlready;
}

// Tells everybody who waits for one of `items`.
template <typename Items>
void TurnAway(Items& items, Answer::Kind kind, const std::string& error) {
  const auto tell = [&](auto& item) {
    if constexpr (std::is_same_v<std::decay_t<decltype(item)>, Inspection>) {
      item.done(nullptr);
    } else if constexpr (requires { item.trail.unsure; }) {
      const bool left = kind == Answer::Kind::kStopping && item.trail.unsure;
      item.reply({.kind = kind, .error = left ? kOnItsWay : error});
    }
  };
  for (auto& item : items) std::visit(tell, item);
}

// The draft that a transaction was made of.
core::GlobalTransaction Unborn(core::GlobalTransaction transaction) {
  for (core::Branch& row : transaction.branches) {
    core::Branch fresh;
    fresh.branch_id = std::move(row.branch_id);
    fresh.op = row.op;
    fresh.target = std::move(row.target);
    fresh.payload = std::move(row.payload);
    fresh.retry = row.retry;
    row = std::move(fresh);
  }
  return transaction;
}

// The row that an operator's act is about; -1: the event is about the transaction.
int32_t RowMeant(const core::GlobalTransaction& transaction, const core::Event& event) {
  const auto* act = std::get_if<core::DeadLetterAct>(&event);
  if (act == nullptr) return -1;
  const auto row = core::FindRow(transaction, act->branch_id, act->op);
  return row.has_value() ? static_cast<int32_t>(*row) : -1;
}

}  // namespace

// --- one slot, not busy

void Runner::Process(Slot* slot, SlotItem& item) {
  std::visit([&](auto& it) { Process(slot, it); }, item);
}

void Runner::Process(Slot* slot, Request& request) {
  // An abort waits for the result if the prepare asked for that (protocol 5.8).
  if (std::holds_alternative<core::AbortRequested>(request.event) &&
      slot->transaction.wait_result && request.wait == WaitFor::kStored &&
      !request.trail.from_peer) {
    request.wait = WaitFor::kRest;
  }
  if (slot->waiters.size() + slot->held.size() >= core::kMaxWaitersPerGid) {
    Refuse(request, "waiters_per_gid");
    return;
  }
  const core::Decision decision = Step(slot, request.event);
  const int32_t row = RowMeant(slot->transaction, request.event);
  if (!Accepted(decision.verdict)) {
    Answer answer = MakeAnswer(*slot, decision.verdict, row);
    if (request.trail.unsure) answer = AfterRepeat(request.event, std::move(answer));
    request.reply(std::move(answer));
  } else if (slot->Busy()) {
    slot->held.push_back({std::move(request.reply), request.wait, decision.verdict,
                          std::move(request.event), row, request.trail});
  } else if (request.wait == WaitFor::kStored) {
    request.reply(MakeAnswer(*slot, decision.verdict, row));
  } else {
    slot->waiters.push_back(
        {std::move(request.reply), request.wait, 0, decision.verdict, row, request.trail});
  }
}

void Runner::Process(Slot* slot, WaitRequest& request) {
  if (slot->waiters.size() >= core::kMaxWaitersPerGid) {
    if (request.id == 0) {  // the rest of one that was accepted
      forwarder_.LookAgain(std::move(request), "waiters_per_gid", now_);
    } else {
      Refuse(request.reply, "waiters_per_gid");
    }
    return;
  }
  int32_t row = -1;
  if (request.wait == WaitFor::kBranch) {
    const auto found = core::FindRow(slot->transaction, request.branch_id, request.op);
    if (!found.has_value()) {
      request.reply(MakeAnswer(*slot, core::Verdict::kNoDeadLetter, row));
      return;
    }
    row = static_cast<int32_t>(*found);
  }
  slot->waiters.push_back(
      {std::move(request.reply), request.wait, request.id, request.verdict, row, request.trail});
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
  core::BranchAnswered answered{.row = returned.row,
                                .attempt = returned.attempt,
                                .outcome = returned.reply.outcome,
                                .text = std::move(returned.reply.text),
                                .hopeless = returned.reply.hopeless};
  if (answered.outcome != core::Outcome::kSuccess) {
    const core::Branch& branch = slot->transaction.branches[returned.row];
    const std::optional<port::ParticipantFacts> facts = FactsOf(branch);
    answered.attempt_limit = AttemptLimit(facts);
    answered.way_round =
        returned.reply.reach != port::Reach::kAnswered && HasWayRound(branch, facts);
  }
  Step(slot, std::move(answered));
}

void Runner::Process(Slot* slot, ReplyArrived& arrived) {
  QueuedReply& queued = arrived.queued;
  const auto row = core::FindRow(slot->transaction, queued.branch_id, queued.op);
  if (!row.has_value()) {
    arrived.reply(MakeAnswer(*slot, core::Verdict::kNotFound, -1));
    return;
  }
  const core::Branch& branch = slot->transaction.branches[*row];
  const core::RequestLimits& limits = context_->options.settings.limits;
  base::CutTo(queued.reply.text, std::max(limits.reason, limits.error));
  if (branch.on_fallback && queued.attempt == branch.attempts) {
    const base::Time sent = branch.next_attempt - context_->options.messages.reply_timeout;
    context_->ports.observer->OnBranchAnswered(slot->transaction, branch, queued.reply.outcome,
                                               queued.reply.text, now_ - sent);
    slot->last_row = static_cast<int32_t>(*row);
  }
  core::Event event = core::BranchAnswered{.row = *row,
                                           .attempt = queued.attempt,
                                           .outcome = queued.reply.outcome,
                                           .text = std::move(queued.reply.text),
                                           .hopeless = queued.reply.hopeless,
                                           .attempt_limit = AttemptLimit(FactsOf(branch)),
                                           .from_queue = true};
  const core::Decision decision = Step(slot, event);
  // What it says may be known from a call already, and not be stored yet.
  if (!slot->Busy() && slot->dirty) BeginCommit(slot);
  if (slot->Busy()) {
    slot->held.push_back({std::move(arrived.reply), WaitFor::kStored, decision.verdict,
                          std::move(event), -1, arrived.trail});
  } else {
    arrived.reply(MakeAnswer(*slot, decision.verdict, slot->last_row));
  }
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
  if (context_->relay != nullptr) {
    slot->notices.insert(slot->notices.end(), decision.notices.begin(), decision.notices.end());
  }
  if (decision.payload_edited) slot->payload_edited = true;
}

void Runner::BeginCommit(Slot* slot) {
  slot->phase = Slot::Phase::kCommitting;
  slot->dirty = false;
  slot->writing_rows = std::exchange(slot->dirty_rows, {});
  slot->writing_history = std::exchange(slot->history, {});
  slot->writing_outbox = std::exchange(slot->outbox, {});
  core::GlobalTransaction& transaction = slot->transaction;
  PendingWrite pending{this, {}};
  pending.write.kind =
      transaction.version == 0 ? port::Write::Kind::kInsert : port::Write::Kind::kUpdate;
  transaction.version += 1;
  for (const core::Notice& notice : std::exchange(slot->notices, {})) {
    base::Message message = MessageOf(notice, transaction, context_->options.messages);
    if (!message.topic.empty()) slot->writing_outbox.push_back(std::move(message));
  }
  pending.write.transaction = &transaction;
  pending.write.changed_rows = &slot->writing_rows;
  pending.write.history = &slot->writing_history;
  pending.write.next_wake = core::NextWake(transaction, context_->options.settings);
  pending.write.payloads_changed = std::exchange(slot->payload_edited, false);
  if (!slot->writing_outbox.empty()) pending.write.outbox = &slot->writing_outbox;
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
  if (LaunchDue(slot)) return;  // Act goes on after the commit
  ReleaseWaiters(slot);
  Rearm(slot);
  TellRest(slot);
  // What is blocked is due as far as the store knows: it would only be claimed again.
  const bool idle =
      slot->in_flight.empty() && slot->blocked.empty() && slot->waiters.empty() && !slot->dirty;
  const double limit = static_cast<double>(context_->options.max_live) * core::kEvictAbove;
  if (idle && static_cast<double>(context_->live.load()) > limit &&
      slot->wake - now_ >= core::kEvictMinWait) {
    Evict(slot);
  }
}

bool Runner::LaunchDue(Slot* slot) {
  for (const uint32_t row : core::Due(slot->transaction, now_)) {
    if (slot->InFlight(row) || slot->BlockedUntil(row) > now_) continue;
    if (slot->transaction.branches[row].on_fallback) {
      GiveUpFallback(slot, row);
    } else {
      Launch(slot, row);
    }
    if (slot->Busy()) return true;
  }
  if (slot->outbox.empty()) return false;
  BeginCommit(slot);
  return true;
}

// Nobody answered a command in time: an unknown outcome like any other.
void Runner::GiveUpFallback(Slot* slot, uint32_t row) {
  const core::Branch& branch = slot->transaction.branches[row];
  slot->last_row = static_cast<int32_t>(row);
  Step(slot, core::BranchAnswered{.row = row,
                                  .attempt = branch.attempts,
                                  .outcome = core::Outcome::kUnknown,
                                  .text = "no reply over Kafka in time",
                                  .attempt_limit = AttemptLimit(FactsOf(branch))});
}

std::optional<port::ParticipantFacts> Runner::FactsOf(const core::Branch& branch) const {
  port::ParticipantDirectory* const directory = context_->ports.directory;
  return directory == nullptr ? std::nullopt : directory->Facts(branch.target);
}

// Before its next call, which may reach another instance, while there are few; and before its turn
// over the fallback (LaneSet). If that was of no use either, there is time.
bool Runner::HasWayRound(const core::Branch& branch,
                         const std::optional<port::ParticipantFacts>& facts) const {
  const port::MessagePublisher* const publisher = context_->ports.publisher;
  if (publisher == nullptr || core::IsAskBack(branch.op)) return false;
  const uint32_t streak = branch.unknown_streak + 1;
  const uint32_t after = context_->options.messages.fallback_after_unknown;
  if (streak >= after && !IsFallbackTurn(streak, after)) return false;
  return facts.has_value() && !facts->command_topic.empty() && publisher->Reachable();
}

uint32_t Runner::AttemptLimit(const std::optional<port::ParticipantFacts>& facts) const {
  const EngineOptions& options = context_->options;
  if (!facts.has_value()) return options.attempt_limit;
  return facts->attempt_limit > 0 ? facts->attempt_limit : options.registered_attempt_limit;
}

void Runner::StartFallback(Slot* slot, uint32_t row, const port::ParticipantFacts& facts) {
  const MessageOptions& messages = context_->options.messages;
  const base::Time reply_by = now_ + messages.reply_timeout;
  core::Decision decision;
  const uint32_t attempt =
      core::StartFallback(slot->transaction, row, reply_by, StepContext(), &decision);
  Note(slot, decision);
  slot->outbox.push_back(CommandOf(slot->transaction, row, attempt, facts, reply_by, messages));
  slot->worked = true;
}

void Runner::Launch(Slot* slot, uint32_t row) {
  core::GlobalTransaction& transaction = slot->transaction;
  const core::Branch& branch = transaction.branches[row];
  if (!Sure()) {
    std::erase_if(slot->blocked, [&](const Slot::Blocked& one) { return one.row == row; });
    slot->blocked.push_back({row, now_ + core::kLeasePause});
    return;
  }
  CallReturned returned{transaction.gid, slot->number, row, branch.attempts + 1, now_, {}};
  if (slot->calls_off == nullptr) slot->calls_off = std::make_shared<std::atomic<bool>>(false);
  const Offered offered = context_->lanes->Offer(
      CallOf(transaction, branch, context_->options.settings),
      [inbox = inbox_, returned = std::move(returned)](port::BranchReply reply) mutable {
        returned.reply = std::move(reply);
        inbox->Push(std::move(returned));
      },
      branch.unknown_streak, slot->calls_off);
  std::erase_if(slot->blocked, [&](const Slot::Blocked& one) { return one.row == row; });
  switch (offered.kind) {
    case Offered::Kind::kTaken:
      break;
    case Offered::Kind::kFull:
    case Offered::Kind::kNotNow:
      // Not an attempt: nothing left this process. The lane's queue is its backpressure.
      slot->blocked.push_back({row, offered.retry_at});
      return;
    case Offered::Kind::kFallback:
      StartFallback(slot, row, offered.facts);
      return;
  }
  core::StartCall(transaction, row);
  slot->MarkDirty({row});
  slot->in_flight.push_back(row);
  slot->worked = true;
}

void Runner::ReleaseWaiters(Slot* slot) {
  if (slot->waiters.empty()) return;
  const core::GlobalTransaction& transaction = slot->transaction;
  const bool ended = core::IsFinal(transaction.status);
  const bool rests = ended || (slot->in_flight.empty() && core::AtRest(transaction, now_));
  const auto over = [&](const Slot::Waiter& waiter) {
    if (ended || waiter.wait == WaitFor::kRest) return rests;
    if (waiter.wait != WaitFor::kBranch) return false;
    const core::Branch& branch = transaction.branches[static_cast<size_t>(waiter.row)];
    // An action that is undone before it was settled never will be.
    return branch.status != core::BranchStatus::kPrepared ||
           branch.dead != core::DeadReason::kNone ||
           (branch.op == core::Op::kAction && transaction.status == core::Status::kAborting);
  };
  std::vector<Slot::Waiter> released;
  std::vector<Slot::Waiter> staying;
  for (Slot::Waiter& waiter : slot->waiters) {
    (over(waiter) ? released : staying).push_back(std::move(waiter));
  }
  slot->waiters = std::move(staying);
  for (Slot::Waiter& waiter : released) waiter.reply(MakeAnswer(*slot, waiter.verdict, waiter.row));
}

void Runner::Rearm(Slot* slot) {
  std::erase_if(slot->blocked, [&](const Slot::Blocked& one) { return one.until <= now_; });
  base::Time wake = core::NextWake(
      slot->transaction, context_->options.settings,
      [&](uint32_t row) { return slot->InFlight(row) || slot->BlockedUntil(row) > now_; });
  for (const Slot::Blocked& one : slot->blocked) wake = std::min(wake, one.until);
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
  if (!slot->writing_outbox.empty()) {
    slot->writing_outbox.clear();
    context_->relay->Wake();
  }
  ReleaseHeld(slot);
  Settle(slot);
}

void Runner::ReleaseHeld(Slot* slot) {
  for (Slot::Held& held : std::exchange(slot->held, {})) {
    if (held.wait == WaitFor::kStored) {
      held.reply(MakeAnswer(*slot, held.verdict, held.row));
    } else {
      slot->waiters.push_back(
          {std::move(held.reply), held.wait, 0, held.verdict, held.row, held.trail});
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
  const bool insert = slot->transaction.version == 1;
  for (Slot::Held& held : slot->held) {
    if (result.unsure) held.trail.unsure = true;
    if (!insert) continue;
    if (auto* submitted = std::get_if<core::Submitted>(&held.event); submitted != nullptr) {
      submitted->draft = Unborn(slot->transaction);
    } else if (auto* prepared = std::get_if<core::Prepared>(&held.event); prepared != nullptr) {
      prepared->draft = Unborn(slot->transaction);
    }
  }
  Reload(slot);
  // Who holds the record is found out by asking for it, unless it has ended.
  if (result.kind == CommitResult::Kind::kAlreadyThere && core::IsFinal(result.existing.status)) {
    TakeUp(slot, std::move(result.existing));
    Settle(slot);
    return;
  }
  context_->committer->Load(slot->gid, this);
}

void Runner::FailAll(Slot* slot, Answer::Kind kind, const std::string& error) {
  const auto fail = [&](Reply& reply) { reply({.kind = kind, .error = error}); };
  for (Slot::Held& held : std::exchange(slot->held, {})) fail(held.reply);
  for (Slot::Waiter& waiter : std::exchange(slot->waiters, {})) fail(waiter.reply);
  std::deque<SlotItem> aside = std::exchange(slot->aside, {});
  TurnAway(aside, kind, error);
}

void Runner::AnswerAll() {
  inbox_->TakeAll(items_);
  TurnAway(items_, Answer::Kind::kStopping, "");
  items_.clear();
  forwarder_.AnswerAll();
  for (Slot* slot : SlotsThat([](const Slot&) { return true; })) {
    for (Slot::Held& held : std::exchange(slot->held, {}))
      held.reply({.kind = Answer::Kind::kStopping, .error = kOnItsWay});
    FailAll(slot, Answer::Kind::kStopping, "");
  }
}

void Runner::Refuse(Reply& reply, const std::string& limit) {
  ++context_->refused;
  context_->ports.observer->OnRefused(limit);
  reply({.kind = Answer::Kind::kOverloaded, .error = limit});
}

void Runner::Refuse(Request& request, const std::string& limit) {
  if (!request.trail.unsure) {
    Refuse(request.reply, limit);
  } else if (request.trail.from_peer) {
    request.reply({.kind = Answer::Kind::kStopping, .error = kOnItsWay});
  } else {
    forwarder_.LookAgain(std::move(request), limit, now_);
  }
}

Answer Runner::MakeAnswer(const Slot& slot, core::Verdict verdict, int32_t row) const {
  Answer answer;
  answer.verdict = verdict;
  answer.transaction = slot.transaction;
  answer.last_row = row >= 0 ? row : slot.last_row;
  return answer;
}

core::Context Runner::StepContext() {
  // 53 bits are what a double holds.
  const double jitter = static_cast<double>(context_->ports.entropy->Next() >> 11) * 0x1.0p-53;
  return {now_, jitter, context_->options.settings};
}

}  // namespace saga::engine
