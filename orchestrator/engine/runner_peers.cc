// What a runner does about transactions that are another node's, or that became one's without its
// noticing.

#include <utility>

#include "orchestrator/core/limits.h"
#include "orchestrator/engine/peer_link.h"
#include "orchestrator/engine/runner.h"

namespace saga::engine {

bool Runner::Sure() const {
  const base::Time until = context_->ports.store->HeldUntil();
  if (until == base::kNever) return true;
  // The clock, and not now_: this process may have stood still since then.
  return *context_->unheard == 0 && context_->ports.clock->Now() < until;
}

Slot* Runner::FindSure(const std::string& gid) {
  Slot* const slot = FindOrLoad(gid);
  if (!slot->Busy() && !Sure()) {
    Reload(slot);
    context_->committer->Load(gid, this);
  }
  return slot;
}

void Runner::Reload(Slot* slot) {
  for (auto it = slot->waiters.rbegin(); it != slot->waiters.rend(); ++it) {
    WaitRequest wait{slot->gid, it->wait, it->id, std::move(it->reply)};
    if (it->row >= 0) {
      const core::Branch& branch = slot->transaction.branches[static_cast<size_t>(it->row)];
      wait.branch_id = branch.branch_id;
      wait.op = branch.op;
    }
    wait.verdict = it->verdict;
    wait.trail = it->trail;
    slot->aside.emplace_front(std::move(wait));
  }
  slot->waiters.clear();
  for (auto it = slot->held.rbegin(); it != slot->held.rend(); ++it) {
    slot->aside.emplace_front(
        Request{slot->gid, std::move(it->event), it->wait, std::move(it->reply), it->trail});
  }
  slot->held.clear();
  slot->CallOff();
  slot->blocked.clear();
  slot->writing_rows.clear();
  slot->writing_history.clear();
  slot->writing_outbox.clear();
  slot->dirty = false;
  slot->dirty_rows.clear();
  slot->history.clear();
  slot->notices.clear();
  slot->outbox.clear();
  slot->payload_edited = false;
  slot->transaction = {};
  slot->phase = Slot::Phase::kLoading;
  slot->reloading = true;
  wakes_.Set(slot->number, &slot->wake, base::kNever);
}

void Runner::Handle(Lost& lost) {
  for (const std::string& gid : lost.gids) {
    Slot* const slot = Find(gid);
    // What is on its way to the store or from there hears of it there.
    if (slot == nullptr || slot->Busy()) continue;
    if (slot->waiters.empty()) {
      slot->CallOff();
      Erase(slot);
      continue;
    }
    Reload(slot);
    context_->committer->Load(gid, this);
  }
  --*context_->unheard;
}

// Everybody who asked is sent to the node that holds it.
void Runner::OnElsewhere(Slot* slot, const port::Holding& holding) {
  if (context_->ports.peers == nullptr) {
    FailAll(slot, Answer::Kind::kStoreFailed, "the transaction is held by another process");
    Erase(slot);
    return;
  }
  std::deque<SlotItem> aside = std::move(slot->aside);
  slot->CallOff();
  Erase(slot);
  const bool elsewhere = holding.kind == port::Holding::Kind::kElsewhere;
  const auto send = [&](auto& item) {
    if (item.trail.from_peer) {
      Answer not_mine;
      not_mine.kind = Answer::Kind::kStopping;
      if (item.trail.unsure) not_mine.error = kOnItsWay;
      item.reply(std::move(not_mine));
    } else if (elsewhere) {
      forwarder_.Forward(std::move(item), holding.address, now_);
    } else {
      forwarder_.LookAgain(std::move(item), "the store does not say who holds it", now_);
    }
  };
  for (SlotItem& item : aside) {
    if (auto* request = std::get_if<Request>(&item); request != nullptr) {
      send(*request);
    } else if (auto* wait = std::get_if<WaitRequest>(&item); wait != nullptr) {
      send(*wait);
    } else if (auto* arrived = std::get_if<ReplyArrived>(&item); arrived != nullptr) {
      send(*arrived);
    } else if (auto* inspection = std::get_if<Inspection>(&item); inspection != nullptr) {
      inspection->done(nullptr);
    }
  }
}

void Runner::OnUnreadable(Slot* slot, const absl::Status& status) {
  FailAll(slot, Answer::Kind::kStoreFailed, std::string(status.message()));
  if (!slot->reloading) {
    Erase(slot);
    return;
  }
  // It may be ours still, and then nobody else looks after it.
  wakes_.Set(slot->number, &slot->wake, now_ + core::kStoreRetryPause);
}

void Runner::Handle(PeerAnswered& answered) {
  forwarder_.OnAnswer(answered.number, std::move(answered.answer), now_);
}

void Runner::LookAgainForAll() {
  for (Forwarded& item : forwarder_.TakeDue(now_)) {
    if (auto* request = std::get_if<Request>(&item); request != nullptr) ++context_->requests;
    std::visit([this](auto& it) { Handle(it); }, item);
  }
}

}  // namespace saga::engine
