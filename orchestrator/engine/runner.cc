#include "orchestrator/engine/runner.h"

#include <algorithm>
#include <utility>

#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/step.h"

namespace saga::engine {

namespace {

// Events that can begin a transaction need no look at the store first: the insert finds out.
bool Begins(const core::Event& event) {
  return std::holds_alternative<core::Submitted>(event) ||
         std::holds_alternative<core::Prepared>(event);
}

}  // namespace

Runner::Runner(EngineContext* context)
    : context_(context),
      inbox_(std::make_shared<Inbox<RunnerItem>>()),
      forwarder_(context, [inbox = inbox_](uint64_t number, PeerAnswer answer) {
        inbox->Push(PeerAnswered{number, std::move(answer)});
      }) {}

void Runner::Bind(port::Strand* strand) {
  strand_ = strand;
  inbox_->Bind(strand);
}

void Runner::OnCommitted(std::vector<CommitResult> results) { Push(Committed{std::move(results)}); }

void Runner::OnLoaded(const std::string& gid, absl::StatusOr<core::GlobalTransaction> record,
                      port::Holding holding) {
  Push(Loaded{gid, std::move(record), std::move(holding)});
}

void Runner::Body() {
  inbox_->TakeAll(items_);
  now_ = context_->ports.clock->Now();
  size_t since_flush = 0;
  const auto flush = [&] {
    if (!writes_.empty()) context_->committer->Add(std::exchange(writes_, {}));
    since_flush = 0;
  };
  for (RunnerItem& item : items_) {
    std::visit([this](auto& it) { Handle(it); }, item);
    // The committer should not idle while a long queue is worked off.
    if (++since_flush >= core::kMaxRunnerEvents) flush();
  }
  items_.clear();
  HandleWakes();
  LookAgainForAll();
  flush();
  strand_->WakeAt(std::min(wakes_.Next(), forwarder_.Next()));
}

// --- what comes in

void Runner::Handle(Request& request) {
  --context_->requests;
  Slot* slot = Find(request.gid);
  if (slot == nullptr && Begins(request.event)) {
    if (context_->live >= context_->options.max_live) {
      Refuse(request, "live_transactions");
      return;
    }
    slot = NewSlot(request.gid);
    const auto* submitted = std::get_if<core::Submitted>(&request.event);
    core::Event again = core::Prepared{};
    if (submitted != nullptr) again = core::Submitted{{}, submitted->rows_vary};
    core::Decision decision =
        core::Create(std::move(request.event), StepContext(), &slot->transaction);
    Note(slot, decision);
    // The event is kept without its draft: should the gid exist already, the draft is what the slot
    // holds now.
    slot->held.push_back({std::move(request.reply), request.wait, decision.verdict,
                          std::move(again), -1, request.trail});
    BeginCommit(slot);
    return;
  }
  slot = FindSure(request.gid);
  if (slot->Busy()) {
    slot->aside.emplace_back(std::move(request));
    return;
  }
  Process(slot, request);
  Settle(slot);
}

void Runner::Handle(WaitRequest& request) {
  Slot* slot = FindSure(request.gid);
  if (slot->Busy()) {
    slot->aside.emplace_back(std::move(request));
    return;
  }
  Process(slot, request);
  Settle(slot);
}

void Runner::Handle(WaitCancelled& cancelled) {
  if (forwarder_.Cancel(cancelled.gid, cancelled.id)) return;
  Slot* slot = Find(cancelled.gid);
  if (slot == nullptr) return;
  const auto answer = [](Reply& reply) { reply({.kind = Answer::Kind::kStopping}); };
  for (auto it = slot->waiters.begin(); it != slot->waiters.end(); ++it) {
    if (it->id != cancelled.id) continue;
    answer(it->reply);
    slot->waiters.erase(it);
    return;
  }
  for (auto it = slot->aside.begin(); it != slot->aside.end(); ++it) {
    auto* wait = std::get_if<WaitRequest>(&*it);
    if (wait == nullptr || wait->id != cancelled.id) continue;
    answer(wait->reply);
    slot->aside.erase(it);
    return;
  }
}

void Runner::Handle(CallReturned& returned) {
  Slot* slot = Find(returned.gid);
  // Late: the transaction has ended, or left and come back.
  if (slot == nullptr || slot->number != returned.slot_number) return;
  if (slot->Busy()) {
    slot->aside.emplace_back(std::move(returned));
    return;
  }
  Process(slot, returned);
  Settle(slot);
}

void Runner::Handle(ReplyArrived& arrived) {
  Slot* slot = FindSure(arrived.queued.gid);
  if (slot->Busy()) {
    slot->aside.emplace_back(std::move(arrived));
    return;
  }
  Process(slot, arrived);
  Settle(slot);
}

void Runner::Handle(LaneOpened&) {
  for (Slot* slot : SlotsThat([](const Slot& each) { return !each.blocked.empty(); })) {
    slot->blocked.clear();
    if (!slot->Busy()) Settle(slot);
  }
}

void Runner::Handle(Inspection& inspection) {
  Slot* slot = Find(inspection.gid);
  if (slot != nullptr) slot = FindSure(inspection.gid);
  if (slot == nullptr) {
    inspection.done(nullptr);
  } else if (slot->Busy()) {
    slot->aside.emplace_back(std::move(inspection));
  } else {
    Process(slot, inspection);
  }
}

void Runner::Handle(Committed& committed) {
  for (CommitResult& result : committed.results) {
    Slot* slot = Find(result.gid);
    SAGA_CHECK(slot != nullptr && slot->phase == Slot::Phase::kCommitting);
    switch (result.kind) {
      case CommitResult::Kind::kDone:
        OnDone(slot);
        break;
      case CommitResult::Kind::kAlreadyThere:
      case CommitResult::Kind::kConflict:
        OnOtherRecord(slot, result);
        break;
      case CommitResult::Kind::kFailed:
        OnInsertFailed(slot, result.error);
        break;
      case CommitResult::Kind::kRetrying:
        OnRetrying(slot, result.error);
        break;
    }
  }
}

void Runner::Handle(Loaded& loaded) {
  Slot* slot = Find(loaded.gid);
  SAGA_CHECK(slot != nullptr && slot->phase == Slot::Phase::kLoading);
  if (absl::IsNotFound(loaded.record.status())) {
    OnNotThere(slot);
    return;
  }
  if (!loaded.record.ok()) {
    OnUnreadable(slot, loaded.record.status());
    return;
  }
  if (!core::IsFinal(loaded.record->status) && !loaded.holding.Ours()) {
    OnElsewhere(slot, loaded.holding);
    return;
  }
  TakeUp(slot, *std::move(loaded.record));
  Settle(slot);
}

// Requests that can begin a transaction begin it; the others learn that there is none.
void Runner::OnNotThere(Slot* slot) {
  std::deque<SlotItem> aside = std::move(slot->aside);
  Erase(slot);
  for (SlotItem& item : aside) {
    if (auto* request = std::get_if<Request>(&item); request != nullptr) {
      if (Begins(request->event) || Find(request->gid) != nullptr) {
        ++context_->requests;
        Handle(*request);
        continue;
      }
      core::GlobalTransaction none;
      request->reply(
          {.verdict = core::Create(std::move(request->event), StepContext(), &none).verdict});
    } else if (auto* wait = std::get_if<WaitRequest>(&item); wait != nullptr) {
      if (Find(wait->gid) != nullptr) {
        Handle(*wait);
      } else {
        wait->reply({.verdict = core::Verdict::kNotFound});
      }
    } else if (auto* arrived = std::get_if<ReplyArrived>(&item); arrived != nullptr) {
      if (Find(arrived->queued.gid) != nullptr) {
        Handle(*arrived);
      } else {
        arrived->reply({.verdict = core::Verdict::kNotFound});
      }
    } else if (auto* inspection = std::get_if<Inspection>(&item); inspection != nullptr) {
      inspection->done(nullptr);
    }
  }
}

void Runner::Handle(Claimed& claimed) {
  Slot* slot = Find(claimed.record.gid);
  --context_->live;  // NewSlot counts again
  if (slot != nullptr) {
    // A request asked for it at the same time; its load will bring the same record.
    return;
  }
  const std::string gid = claimed.record.gid;
  slot = NewSlot(gid);
  TakeUp(slot, std::move(claimed.record));
  context_->ports.observer->OnOpened(slot->transaction, true);
  Settle(slot);
}

void Runner::HandleWakes() {
  for (const uint64_t number : wakes_.TakeDue(now_)) {
    const auto found = by_number_.find(number);
    SAGA_CHECK(found != by_number_.end());
    Slot* slot = found->second;
    slot->wake = base::kNever;
    if (slot->reloading) context_->committer->Load(slot->gid, this);
    if (slot->Busy()) continue;  // Act arms it again
    if (!Sure()) {
      wakes_.Set(number, &slot->wake, now_ + core::kLeasePause);
      continue;
    }
    Step(slot, core::Woken{});
    Settle(slot);
  }
}

// --- slots

Slot* Runner::Find(const std::string& gid) {
  const auto found = slots_.find(gid);
  return found == slots_.end() ? nullptr : found->second.get();
}

Slot* Runner::NewSlot(const std::string& gid) {
  auto slot = std::make_unique<Slot>(gid, ++last_number_);
  Slot* const raw = slot.get();
  by_number_.emplace(raw->number, raw);
  slots_.emplace(gid, std::move(slot));
  ++context_->live;
  return raw;
}

std::vector<Slot*> Runner::SlotsThat(absl::FunctionRef<bool(const Slot&)> wanted) {
  std::vector<Slot*> slots;
  for (const auto& [gid, slot] : slots_) {
    if (wanted(*slot)) slots.push_back(slot.get());
  }
  std::sort(slots.begin(), slots.end(),
            [](const Slot* a, const Slot* b) { return a->number < b->number; });
  return slots;
}

Slot* Runner::FindOrLoad(const std::string& gid) {
  Slot* slot = Find(gid);
  if (slot != nullptr) return slot;
  slot = NewSlot(gid);
  slot->phase = Slot::Phase::kLoading;
  context_->committer->Load(gid, this);
  return slot;
}

void Runner::Erase(Slot* slot) {
  wakes_.Set(slot->number, &slot->wake, base::kNever);
  by_number_.erase(slot->number);
  --context_->live;
  // By iterator: the key handed to erase would be the slot's own, gone half-way through.
  slots_.erase(slots_.find(slot->gid));
}

void Runner::TakeUp(Slot* slot, core::GlobalTransaction record) {
  slot->phase = Slot::Phase::kOpen;
  slot->reloading = false;
  slot->transaction = std::move(record);
  slot->dirty = false;
  slot->dirty_rows.clear();
  slot->history.clear();
  const std::vector<uint32_t> rows = core::AssumeCallsBeyondRecord(slot->transaction);
  if (!rows.empty()) slot->MarkDirty(rows);
  if (!core::IsFinal(slot->transaction.status)) Step(slot, core::Woken{});
}

void Runner::Evict(Slot* slot) {
  context_->committer->Release(slot->gid, slot->wake);
  Erase(slot);
}

}  // namespace saga::engine
