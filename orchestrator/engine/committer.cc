#include "orchestrator/engine/committer.h"

#include <algorithm>
#include <utility>

#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"

namespace saga::engine {

Committer::Committer(EngineContext* context, Claimed claimed, Lost lost)
    : context_(context), claimed_(std::move(claimed)), lost_(std::move(lost)) {}

void Committer::Bind(port::Strand* strand) {
  strand_ = strand;
  inbox_.Bind(strand);
}

void Committer::Add(std::vector<PendingWrite> writes) {
  const size_t count = writes.size();
  unsettled_ += count;
  if (!inbox_.Push({.kind = Item::Kind::kWrites, .writes = std::move(writes)})) unsettled_ -= count;
}

void Committer::Load(std::string gid, CommitListener* listener) {
  unsettled_ += 1;
  if (!inbox_.Push({.kind = Item::Kind::kLoad, .gid = std::move(gid), .listener = listener}))
    unsettled_ -= 1;
}

void Committer::Release(std::string gid, base::Time wake) {
  inbox_.Push({.kind = Item::Kind::kRelease, .gid = std::move(gid), .wake = wake});
}

void Committer::Body() {
  Gather();
  TakeItems();
  const base::Time now = context_->ports.clock->Now();
  if (now >= retry_at_) RetryNow(now);
  while (!waiting_.empty()) {
    const size_t size = std::min(waiting_.size(), context_->options.max_batch);
    std::vector<PendingWrite> batch(std::make_move_iterator(waiting_.begin()),
                                    std::make_move_iterator(waiting_.begin() + size));
    waiting_.erase(waiting_.begin(), waiting_.begin() + size);
    last_batch_ = size;
    CommitBatch(std::move(batch));
  }
  if (now >= claim_at_) ClaimDue(now);
  strand_->WakeAt(std::min(retry_at_, claim_at_));
}

// Under load a little patience lets one sync, and one wake-up of every thread behind it, serve more
// transactions (decision 0009). Who is alone never waits.
void Committer::Gather() {
  const base::Duration delay = context_->options.commit_delay;
  if (last_batch_ > 1 && delay.micros > 0) context_->ports.executor->Pause(delay);
  last_batch_ = 0;
}

void Committer::TakeItems() {
  inbox_.TakeAll(items_);
  for (Item& item : items_) {
    switch (item.kind) {
      case Item::Kind::kWrites:
        std::move(item.writes.begin(), item.writes.end(), std::back_inserter(waiting_));
        break;
      case Item::Kind::kLoad:
        LoadNow(item);
        break;
      case Item::Kind::kRelease:
        context_->ports.store->Release(item.gid);
        claim_at_ = std::min(claim_at_, item.wake);
        break;
    }
  }
}

// Held first, then read: what is read is then what nobody else can change any more.
void Committer::LoadNow(const Item& item) {
  port::Holding holding = context_->ports.store->Claim(item.gid);
  absl::StatusOr<core::GlobalTransaction> record = context_->ports.store->Load(item.gid);
  if (record.ok() || absl::IsNotFound(record.status())) {
    NoteStore(absl::OkStatus());
  } else {
    NoteStore(record.status());
  }
  if (!record.ok() && holding.Ours()) context_->ports.store->Release(item.gid);
  TellLost();
  item.listener->OnLoaded(item.gid, std::move(record), std::move(holding));
  unsettled_ -= 1;
}

void Committer::RetryNow(base::Time now) {
  std::deque<Retry> again;
  std::swap(again, retries_);
  retry_at_ = base::kNever;
  std::vector<std::pair<CommitListener*, CommitResult>> settled;
  for (Retry& retry : again) {
    CommitResult result{.gid = retry.pending.write.transaction->gid};
    if (!retry.look_up) {
      waiting_.push_back(retry.pending);
    } else if (LookUp(retry.pending, &result)) {
      settled.emplace_back(retry.pending.listener, std::move(result));
    } else if (store_ok_) {
      waiting_.push_back(retry.pending);
    } else {
      retries_.push_back(std::move(retry));
    }
  }
  if (!retries_.empty()) retry_at_ = now + core::kStoreRetryPause;
  unsettled_ -= settled.size();
  Report(std::move(settled));
}

bool Committer::LookUp(const PendingWrite& pending, CommitResult* result) {
  const core::GlobalTransaction& wanted = *pending.write.transaction;
  absl::StatusOr<core::GlobalTransaction> record = context_->ports.store->Load(wanted.gid);
  if (absl::IsNotFound(record.status())) {
    NoteStore(absl::OkStatus());
    return false;
  }
  NoteStore(record.status());
  if (!record.ok()) return false;
  const bool insert = pending.write.kind == port::Write::Kind::kInsert;
  if (*record == wanted && (core::IsFinal(wanted.status) || ClaimAgain(wanted.gid))) {
    // It had been stored.
    result->kind = CommitResult::Kind::kDone;
  } else if (insert) {
    result->kind = CommitResult::Kind::kAlreadyThere;
    result->existing = std::move(*record);
    result->unsure = true;
  } else if (record->version + 1 == wanted.version) {
    return false;
  } else {
    result->kind = CommitResult::Kind::kConflict;
    result->unsure = true;
  }
  return true;
}

// The store forgot who holds it, if it failed in between; and another node may hold it by now.
bool Committer::ClaimAgain(const std::string& gid) {
  const bool ours = context_->ports.store->Claim(gid).Ours();
  TellLost();
  return ours;
}

void Committer::CommitBatch(std::vector<PendingWrite> batch) {
  std::vector<port::Write> writes;
  writes.reserve(batch.size());
  for (const PendingWrite& pending : batch) writes.push_back(pending.write);

  const base::Time begin = context_->ports.clock->Now();
  std::vector<port::WriteResult> results = context_->ports.store->Commit(writes);
  TellLost();
  const base::Time end = context_->ports.clock->Now();
  SAGA_CHECK(results.size() == batch.size());

  absl::Status health = absl::OkStatus();
  size_t failed = 0;
  size_t settled = 0;
  std::vector<std::pair<CommitListener*, CommitResult>> reports;
  reports.reserve(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    using Kind = port::WriteResult::Kind;
    if (results[i].kind == Kind::kFailed || results[i].kind == Kind::kUnknown) {
      ++failed;
      health = absl::UnavailableError(results[i].error);
    }
    CommitResult result = Settle(batch[i], std::move(results[i]));
    if (result.kind != CommitResult::Kind::kRetrying) ++settled;
    reports.emplace_back(batch[i].listener, std::move(result));
  }
  if (!retries_.empty() && retry_at_ == base::kNever) retry_at_ = end + core::kStoreRetryPause;
  commits_ += 1;
  writes_ += batch.size();
  NoteStore(health);
  context_->ports.observer->OnCommit(batch.size(), failed, end - begin);
  Report(std::move(reports));
  unsettled_ -= settled;
}

CommitResult Committer::Settle(const PendingWrite& pending, port::WriteResult&& result) {
  CommitResult report{.gid = pending.write.transaction->gid, .error = std::move(result.error)};
  switch (result.kind) {
    case port::WriteResult::Kind::kDone:
      report.kind = CommitResult::Kind::kDone;
      break;
    case port::WriteResult::Kind::kAlreadyThere:
      report.kind = CommitResult::Kind::kAlreadyThere;
      report.existing = std::move(result.existing);
      break;
    case port::WriteResult::Kind::kConflict:
      report.kind = CommitResult::Kind::kConflict;
      break;
    case port::WriteResult::Kind::kFailed:
      // A new transaction that could not be stored never was. A change of a known one was decided
      // and has to stand.
      if (pending.write.kind == port::Write::Kind::kInsert) {
        report.kind = CommitResult::Kind::kFailed;
      } else {
        report.kind = CommitResult::Kind::kRetrying;
        retries_.push_back({pending, false});
      }
      break;
    case port::WriteResult::Kind::kUnknown:
      report.kind = CommitResult::Kind::kRetrying;
      retries_.push_back({pending, true});
      break;
  }
  return report;
}

void Committer::Report(std::vector<std::pair<CommitListener*, CommitResult>> results) {
  // Runners are few: one pass per listener keeps each one's results in order and in one message.
  while (!results.empty()) {
    CommitListener* const listener = results.front().first;
    std::vector<CommitResult> mine;
    std::vector<std::pair<CommitListener*, CommitResult>> others;
    for (auto& [owner, result] : results) {
      if (owner == listener) {
        mine.push_back(std::move(result));
      } else {
        others.emplace_back(owner, std::move(result));
      }
    }
    listener->OnCommitted(std::move(mine));
    results = std::move(others);
  }
}

// Anybody who asks the store may learn that the lease had run out. What was lost is told to the
// runners before what came of asking, and until they have heard it they know nothing for certain
// (Runner::Sure).
void Committer::TellLost() {
  if (context_->ports.store->HeldUntil() > context_->ports.clock->Now()) return;
  *context_->unheard += context_->options.runners;
  lost_(context_->ports.store->TakeLost());
}

void Committer::ClaimDue(base::Time now) {
  claim_at_ = base::kNever;
  const bool shared = context_->ports.peers != nullptr;
  // Who is about to leave takes nothing more up where others can.
  while (!shared || context_->intake) {
    const size_t live = context_->live.load();
    if (live >= context_->options.max_live) {
      claim_at_ = now + core::kLaneFullPause;
      return;
    }
    const size_t page = std::min(core::kClaimPage, context_->options.max_live - live);
    auto due = context_->ports.store->ClaimDue(now, page);
    TellLost();
    NoteStore(due.status());
    if (!due.ok()) {
      claim_at_ = now + core::kStoreRetryPause;
      return;
    }
    const bool last = due->size() < page;
    for (core::GlobalTransaction& record : *due) claimed_(std::move(record));
    if (last) break;
  }
  const absl::StatusOr<base::Time> next = context_->ports.store->NextDue();
  NoteStore(next.status());
  TellLost();
  claim_at_ = next.ok() ? *next : now + core::kStoreRetryPause;
  if (shared && !context_->intake) claim_at_ = std::max(claim_at_, now + core::kLeasePause);
}

void Committer::NoteStore(const absl::Status& status) {
  if (status.ok() == store_ok_.load()) return;
  store_ok_ = status.ok();
  context_->ports.observer->OnStoreHealth(status.ok(), std::string(status.message()));
}

}  // namespace saga::engine
