#include "orchestrator/engine/outbox_relay.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "orchestrator/core/limits.h"
#include "orchestrator/envelope/header.h"

namespace saga::engine {

namespace {

// Before a message that was not taken or not published is tried again.
constexpr base::Duration kPause = base::Seconds(1);

std::string_view KindOf(const base::Message& message) {
  for (const auto& [name, value] : message.headers) {
    if (name == envelope::kKind) return value;
  }
  return "";
}

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

void OutboxRelay::LookAgain() {
  look_again_ = true;
  strand_->Notify();
}

void OutboxRelay::Body() {
  TakeConfirmed();
  const base::Time now = ports_.clock->Now();
  Remove(now);
  if (look_again_.exchange(false)) rewind_ = more_ = true;
  // With something of our own on its way it waits: nothing is to be taken twice. What is refused is
  // held for as long as it is, and known when it is read again.
  if (rewind_ && in_flight_.size() == refused_.size() && removed_.empty()) {
    rewind_ = false;
    last_id_ = 0;
    more_ = true;
  }
  if (now >= pause_until_) {
    SendAgain(again_);
    if (!again_.empty()) pause_until_ = now + kPause;
    if (now >= refused_at_) SendAgain(refused_);
    SendNew(now);
  }
  const bool waits =
      !again_.empty() || !removed_.empty() || (more_ && in_flight_.size() < core::kOutboxInFlight);
  base::Time next = refused_.empty() ? base::kNever : refused_at_;
  if (waits) next = std::min(next, std::max(pause_until_, now));
  strand_->WakeAt(next);
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
      TakeFailed(item);
    }
  }
}

void OutboxRelay::TakeFailed(const Confirmed& item) {
  ++failed_;
  base::Message& message = in_flight_.at(item.id).message;
  const std::string_view kind = KindOf(message);
  const bool too_large = absl::IsInvalidArgument(item.status);
  const bool refused =
      too_large || absl::IsNotFound(item.status) || absl::IsPermissionDenied(item.status);
  const bool drop = refused && (kind == envelope::kCommandKind ||
                                (too_large && base::Value(message.value).empty()));
  if (drop) {
    in_flight_.erase(item.id);
    removed_.push_back(item.id);
    return;
  }
  if (too_large) message.value = nullptr;
  const base::Time later = ports_.clock->Now() + kPause;
  if (refused) {
    refused_.push_back(item.id);
    refused_at_ = later;
  } else {
    again_.push_back(item.id);
    pause_until_ = later;
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

void OutboxRelay::SendAgain(std::vector<uint64_t>& ids) {
  // In the order of their commits, as before.
  std::sort(ids.begin(), ids.end());
  size_t sent = 0;
  while (sent < ids.size() && Send(in_flight_.at(ids[sent]))) ++sent;
  ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(sent));
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
      if (!added) {  // refused before
        last_id_ = id;
        continue;
      }
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
