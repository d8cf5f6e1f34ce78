#include "orchestrator/engine/outbox_relay.h"

#include <algorithm>
#include <utility>

#include "orchestrator/core/limits.h"

namespace saga::engine {

namespace {

// Before a message that was not taken or not published is tried again.
constexpr base::Duration kPause = base::Seconds(1);

}  // namespace

OutboxRelay::OutboxRelay(const Ports& ports)
    : ports_(ports), confirmed_(std::make_shared<Inbox<Confirmed>>()) {}

void OutboxRelay::Bind(port::Strand* strand) {
  strand_ = strand;
  confirmed_->Bind(strand);
}

void OutboxRelay::Wake() {
  more_ = true;
  strand_->Notify();
}

void OutboxRelay::Body() {
  TakeConfirmed();
  const base::Time now = ports_.clock->Now();
  Remove(now);
  if (now >= pause_until_) {
    SendAgain(now);
    SendNew(now);
  }
  const bool waits =
      !again_.empty() || !removed_.empty() || (more_ && in_flight_.size() < core::kOutboxInFlight);
  strand_->WakeAt(waits ? std::max(pause_until_, now) : base::kNever);
}

void OutboxRelay::TakeConfirmed() {
  std::vector<Confirmed> items;
  confirmed_->TakeAll(items);
  for (const Confirmed& item : items) {
    if (item.status.ok()) {
      in_flight_.erase(item.id);
      removed_.push_back(item.id);
      ++published_;
    } else {
      again_.push_back(item.id);
      ++failed_;
      pause_until_ = ports_.clock->Now() + kPause;
    }
  }
}

void OutboxRelay::Remove(base::Time now) {
  if (removed_.empty()) return;
  if (ports_.store->RemoveOutbox(removed_).ok()) {
    under_way_ -= removed_.size();
    removed_.clear();
  } else {
    pause_until_ = now + core::kStoreRetryPause;
  }
}

bool OutboxRelay::Send(const port::OutboxRecord& record) {
  return ports_.publisher->Publish(record.message,
                                   [confirmed = confirmed_, id = record.id](absl::Status status) {
                                     confirmed->Push({id, std::move(status)});
                                   });
}

void OutboxRelay::SendAgain(base::Time now) {
  // In the order of their commits, as before.
  std::sort(again_.begin(), again_.end());
  size_t sent = 0;
  while (sent < again_.size() && Send(in_flight_.at(again_[sent]))) ++sent;
  again_.erase(again_.begin(), again_.begin() + static_cast<std::ptrdiff_t>(sent));
  if (!again_.empty()) pause_until_ = now + kPause;
}

void OutboxRelay::SendNew(base::Time now) {
  while (more_ && again_.empty() && in_flight_.size() < core::kOutboxInFlight) {
    more_ = false;  // before the look: what is stored after it wakes us again
    auto page = ports_.store->ReadOutbox(last_id_, core::kOutboxPage);
    if (!page.ok()) {
      more_ = true;
      pause_until_ = now + core::kStoreRetryPause;
      return;
    }
    if (page->size() == core::kOutboxPage) more_ = true;
    for (port::OutboxRecord& record : *page) {
      const uint64_t id = record.id;
      const auto [place, added] = in_flight_.emplace(id, std::move(record));
      if (!Send(place->second)) {
        in_flight_.erase(place);
        more_ = true;
        pause_until_ = now + kPause;
        return;
      }
      ++under_way_;
      last_id_ = id;
    }
  }
}

OutboxStats OutboxRelay::Stats() const {
  return {.published = published_, .failed = failed_, .reachable = ports_.publisher->Reachable()};
}

bool OutboxRelay::Quiet() const {
  return !ports_.publisher->Reachable() || (under_way_ == 0 && !more_);
}

}  // namespace saga::engine
