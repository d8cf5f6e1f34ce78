#include "orchestrator/engine/replay_run.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/limits.h"

namespace saga::engine {

namespace {

using port::ItemState;
using port::JobState;

// Items read from the store at once, and at most marked as running ahead of their start.
constexpr size_t kPage = 512;
// What a slow store or a busy server kept from starting is caught up with for so long.
constexpr base::Duration kCatchUp = base::Millis(100);
constexpr base::Duration kAgainPause = base::Seconds(1);

}  // namespace

ReplayRun::ReplayRun(port::Job job, port::JobStore& store, ReplayTarget& target, Deliver deliver)
    : job_(std::move(job)), store_(store), target_(target), deliver_(std::move(deliver)) {}

base::Time ReplayRun::Work(base::Time now) {
  if (ended_) return base::kNever;
  paused_ = false;
  if (!loaded_ && !Load()) return now + core::kLaneFullPause;
  CheckErrors();
  StartDue(now);
  if (!paused_ && save_at_ <= now) Save();
  if (!paused_ && Finish(now)) return base::kNever;
  return paused_ ? now + core::kLaneFullPause : NextTime();
}

bool ReplayRun::Load() {
  const absl::StatusOr<port::JobCounts> counts = store_.CountItems(job_.token);
  if (!counts.ok()) return Pause(counts.status());
  std::deque<Ready> running;
  for (uint32_t from = 0;;) {
    const auto page = store_.ListItems(job_.token, from, kPage, ItemState::kRunning);
    if (!page.ok()) return Pause(page.status());
    for (const port::JobItem& item : *page) running.push_back({.item = item, .verify = true});
    if (page->size() < kPage) break;
    from = page->back().number + 1;
  }
  counts_ = *counts;
  ready_ = std::move(running);
  loaded_ = true;
  return true;
}

bool ReplayRun::Pause(const absl::Status& status) {
  paused_ = true;
  if (absl::IsAborted(status)) LetGo();
  return false;
}

void ReplayRun::NoteStopping(const port::Job& stored) {
  if (job_.state != JobState::kRunning) return;
  job_.state = JobState::kStopping;
  job_.stop_reason = stored.stop_reason;
}

// Whether the job has to stop itself follows from its counts, after a restart as well.
void ReplayRun::CheckErrors() {
  if (job_.state != JobState::kRunning || counts_.failed == 0) return;
  std::string reason;
  if (InCanary()) {
    reason = absl::StrCat("a canary failed, of the first ", job_.limits.canary);
  } else if (job_.limits.stop_after_errors != 0 &&
             counts_.failed >= job_.limits.stop_after_errors) {
    reason =
        absl::StrCat(counts_.failed, " items failed; the limit is ", job_.limits.stop_after_errors);
  }
  if (reason.empty()) return;
  if (const absl::Status stopped = Stop(reason); !stopped.ok()) Pause(stopped);
}

absl::Status ReplayRun::Stop(const std::string& reason) {
  if (job_.state != JobState::kRunning) return absl::OkStatus();
  port::Job stopping = job_;
  stopping.state = JobState::kStopping;
  stopping.stop_reason = reason;
  const absl::Status stored = store_.UpdateJob(stopping);
  if (stored.ok()) job_ = std::move(stopping);
  return stored;
}

// What may have been replayed is only looked at, whatever the rate.
std::deque<ReplayRun::Ready>::iterator ReplayRun::NextReady(base::Time now) {
  return std::find_if(ready_.begin(), ready_.end(), [&](const Ready& ready) {
    return ready.not_before <= now && (ready.verify || (MayStart() && next_start_ <= now));
  });
}

void ReplayRun::StartDue(base::Time now) {
  const base::Duration interval =
      base::Micros(static_cast<int64_t>(std::llround(1e6 / job_.limits.rate)));
  next_start_ = std::min(next_start_, now + interval);  // the clock may have been set back
  while (!halted_ && !paused_ && out_.size() < OutLimit()) {
    const auto next = NextReady(now);
    if (next != ready_.end()) {
      Ready ready = std::move(*next);
      ready_.erase(next);
      if (!ready.verify) next_start_ = std::max(next_start_, now - kCatchUp) + interval;
      Start(std::move(ready));
      continue;
    }
    if (!MayStart() || next_start_ > now || !ready_.empty() || !Claim()) return;
  }
}

void ReplayRun::Start(Ready ready) {
  const port::JobItem item = ready.item;
  const bool verify = ready.verify;
  // Before the call: the answer may come within it.
  out_.emplace(item.number, std::move(ready));
  Reply reply = [deliver = deliver_, number = item.number, verify](Answer answer) {
    deliver(number, verify, std::move(answer));
  };
  if (verify) {
    target_.WaitForBranch(item.gid, item.branch_id, item.op, std::move(reply));
    return;
  }
  core::DeadLetterAct act;
  act.kind = core::DeadLetterAct::Kind::kReplay;
  act.branch_id = item.branch_id;
  act.op = item.op;
  act.death = item.death;
  act.actor = job_.actor;
  act.reason = absl::StrCat("job ", job_.token, ": ", job_.reason);
  target_.Replay(item.gid, std::move(act), std::move(reply));
}

// So many that the next write is due when they have started.
size_t ReplayRun::ClaimSize() const {
  if (InCanary()) return 1;
  const double seconds = static_cast<double>(core::kJobProgressPause.micros) / 1e6;
  const double count = std::ceil(job_.limits.rate * seconds);
  return std::clamp(static_cast<size_t>(count), size_t{1}, kPage);
}

bool ReplayRun::Claim() {
  if (page_.empty() && !FillPage()) return false;
  const size_t count = std::min(ClaimSize(), page_.size());
  std::vector<port::JobItem> writes = unsaved_;
  for (size_t i = 0; i < count; ++i) {
    writes.push_back(page_[i]);
    writes.back().state = ItemState::kRunning;
  }
  if (const absl::Status stored = store_.UpdateItems(job_.token, writes); !stored.ok()) {
    unsure_ = std::max(unsure_, count);
    return Pause(stored);
  }
  unsure_ -= std::min(unsure_, count);
  unsaved_.clear();
  save_at_ = base::kNever;
  for (size_t i = 0; i < count; ++i) {
    Ready ready{.item = std::move(page_.front())};
    page_.pop_front();
    ready.item.state = ItemState::kRunning;
    ready_.push_back(std::move(ready));
  }
  counts_.pending -= count;
  counts_.running += count;
  return true;
}

bool ReplayRun::FillPage() {
  if (read_all_) return false;
  auto page = store_.ListItems(job_.token, next_number_, kPage, ItemState::kPending);
  if (!page.ok()) return Pause(page.status());
  read_all_ = page->size() < kPage;
  if (!page->empty()) next_number_ = page->back().number + 1;
  page_.assign(std::make_move_iterator(page->begin()), std::make_move_iterator(page->end()));
  return !page_.empty();
}

void ReplayRun::OnAnswer(uint32_t number, bool verified, const Answer& answer, base::Time now) {
  const auto found = out_.find(number);
  if (found == out_.end()) return;
  Ready ready = std::move(found->second);
  out_.erase(found);
  ItemNext next = verified ? AfterVerify(ready.item, answer) : AfterReplay(ready.item, answer);
  switch (next.kind) {
    case ItemNext::Kind::kEnd:
      return End(std::move(ready.item), next.state, std::move(next.text), now);
    case ItemNext::Kind::kReplay:
      ready.verify = false;
      ready.not_before = now;
      ready_.push_front(std::move(ready));
      return;
    case ItemNext::Kind::kVerify:
      ready.verify = true;
      ready.not_before = now + kAgainPause;
      ready_.push_back(std::move(ready));
      return;
    case ItemNext::Kind::kAgain:
      ready.not_before = now + kAgainPause;
      ready_.push_back(std::move(ready));
      return;
    case ItemNext::Kind::kLeave:
      halted_ = true;
      return;
  }
}

void ReplayRun::End(port::JobItem item, ItemState state, std::string text, base::Time now) {
  --counts_.running;
  SAGA_CHECK(state == ItemState::kDone || state == ItemState::kFailed ||
             state == ItemState::kSkipped);
  ++counts_.Of(state);
  item.state = state;
  item.text = std::move(text);
  unsaved_.push_back(std::move(item));
  if (save_at_ == base::kNever) save_at_ = now + core::kJobProgressPause;
}

// A job that stops leaves what it had only marked as running to whoever selects it next.
void ReplayRun::GiveBackUnstarted() {
  for (auto ready = ready_.begin(); ready != ready_.end();) {
    if (ready->verify) {
      ++ready;
      continue;
    }
    ready->item.state = ItemState::kPending;
    unsaved_.push_back(std::move(ready->item));
    ready = ready_.erase(ready);
    --counts_.running;
    ++counts_.pending;
  }
  for (; unsure_ > 0; --unsure_) {
    unsaved_.push_back(std::move(page_.front()));
    page_.pop_front();
  }
}

bool ReplayRun::Save() {
  if (unsaved_.empty()) return true;
  const absl::Status stored = store_.UpdateItems(job_.token, unsaved_);
  if (!stored.ok()) return Pause(stored);
  unsaved_.clear();
  save_at_ = base::kNever;
  return true;
}

void ReplayRun::Flush() { Save(); }

bool ReplayRun::Finish(base::Time now) {
  if (halted_ || ended_) return ended_;
  if (job_.state == JobState::kStopping) GiveBackUnstarted();
  if (!out_.empty() || !ready_.empty()) return false;
  if (job_.state == JobState::kRunning && counts_.pending > 0) return false;
  if (!Save()) return false;
  port::Job ended = job_;
  ended.state = counts_.pending == 0 ? JobState::kDone : JobState::kStopped;
  ended.end_time = now;
  if (const absl::Status stored = store_.UpdateJob(ended); !stored.ok()) return Pause(stored);
  job_ = std::move(ended);
  ended_ = true;
  return true;
}

port::JobCounts ReplayRun::Counts() const {
  port::JobCounts counts = counts_;
  for (const Ready& ready : ready_) {
    if (ready.verify) continue;
    --counts.running;
    ++counts.pending;
  }
  return counts;
}

base::Time ReplayRun::NextTime() const {
  base::Time next = save_at_;
  if (halted_ || out_.size() >= OutLimit()) return next;
  for (const Ready& ready : ready_) {
    if (ready.verify) {
      next = std::min(next, ready.not_before);
    } else if (MayStart()) {
      next = std::min(next, std::max(ready.not_before, next_start_));
    }
  }
  const bool more = !page_.empty() || !read_all_;
  if (ready_.empty() && MayStart() && more) next = std::min(next, next_start_);
  return next;
}

}  // namespace saga::engine
