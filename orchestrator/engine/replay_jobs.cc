#include "orchestrator/engine/replay_jobs.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "orchestrator/core/limits.h"

namespace saga::engine {

namespace {

using port::JobState;

constexpr base::Duration kExpirePause = base::Seconds(3600);

// Letters and digits that are not taken for one another. Twelve of them are 60 bits of chance.
constexpr char kTokenDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kTokenLength = 12;

std::string NewToken(port::Entropy& entropy) {
  uint64_t chance = entropy.Next();
  std::string token;
  for (size_t i = 0; i < kTokenLength; ++i, chance >>= 5) token += kTokenDigits[chance & 31];
  return token;
}

absl::Status NoJob(const std::string& token) {
  return absl::NotFoundError(
      absl::StrCat("there is no selection or job '", token,
                   "'; selections that are not executed expire after a day: select again"));
}

// NotFound stays what it is; whatever else the store says means that it does not answer.
absl::Status StoreError(const absl::Status& status, const std::string& token) {
  if (absl::IsNotFound(status)) return NoJob(token);
  return absl::UnavailableError(absl::StrCat("the store does not answer: ", status.message()));
}

absl::Status CheckLimits(const port::JobLimits& limits) {
  if (!(limits.rate >= core::kMinJobRate) || limits.rate > core::kMaxJobRate) {
    return absl::InvalidArgumentError(absl::StrCat(
        "rate: ", core::kMinJobRate, " to ", core::kMaxJobRate, " items a second are allowed"));
  }
  if (limits.max_in_flight < 1 || limits.max_in_flight > core::kMaxJobInFlight) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_in_flight: 1 to ", core::kMaxJobInFlight, " are allowed"));
  }
  return absl::OkStatus();
}

std::string StateText(const port::Job& job) {
  switch (job.state) {
    case JobState::kSelected:
      return "has not been executed";
    case JobState::kRunning:
      return absl::StrCat("is running already, executed by ", job.actor);
    case JobState::kStopping:
      return absl::StrCat("is stopping, executed by ", job.actor);
    case JobState::kDone:
      return absl::StrCat("is done, executed by ", job.actor);
    case JobState::kStopped:
      return absl::StrCat("was stopped (", job.stop_reason, "), executed by ", job.actor);
  }
  return "";
}

absl::Status CheckExecutable(const port::Job& job, base::Time now) {
  if (job.state != JobState::kSelected) {
    return absl::FailedPreconditionError(absl::StrCat("a token is executed once, and the job of '",
                                                      job.token, "' ", StateText(job),
                                                      ": select what is left again"));
  }
  if (job.create_time + core::kSelectionLife < now) {
    return absl::FailedPreconditionError(
        absl::StrCat("the selection '", job.token, "' is older than a day: look and select again"));
  }
  return absl::OkStatus();
}

bool IsUnderWay(const port::Job& job) {
  return job.state == JobState::kRunning || job.state == JobState::kStopping;
}

}  // namespace

ReplayJobs::ReplayJobs(const Ports& ports) : ports_(ports) {
  strand_ = ports_.executor->NewStrand("replay", [this] { Body(); });
  inbox_.Bind(strand_.get());
}

ReplayJobs::~ReplayJobs() { Shutdown(); }

void ReplayJobs::Start() { strand_->Notify(); }

void ReplayJobs::Halt() {
  halted_.store(true);
  if (strand_ != nullptr) strand_->Notify();
}

void ReplayJobs::Shutdown() {
  if (strand_ == nullptr) return;
  halted_.store(true);
  strand_->Stop();
  // What came since the body ran last, on this thread: there is no other one any more.
  Body();
  for (const auto& [token, run] : runs_) run->Flush();
  inbox_.Close();
  strand_.reset();
}

absl::StatusOr<JobView> ReplayJobs::Create(const std::string& filter,
                                           std::vector<port::JobItem> items) {
  const base::Time now = ports_.clock->Now();
  const auto kept = ports_.store->ListJobs(core::kMaxJobs);
  if (!kept.ok()) return StoreError(kept.status(), "");
  if (kept->size() >= core::kMaxJobs) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", kept->size(),
                     " selections and jobs, more are not kept (kMaxJobs): selections go after a "
                     "day, jobs 30 days after their end"));
  }
  JobView view;
  view.job.token = NewToken(*ports_.entropy);
  view.job.filter = filter;
  view.job.create_time = now;
  view.counts.pending = items.size();
  for (size_t i = 0; i < items.size(); ++i) items[i].number = static_cast<uint32_t>(i);
  const absl::Status created = ports_.store->CreateJob(view.job, items);
  if (!created.ok()) return StoreError(created, view.job.token);
  return view;
}

void ReplayJobs::Execute(const std::string& token, const port::JobLimits& limits,
                         const std::string& actor, const std::string& reason, Reply reply) {
  Push({.kind = Event::Kind::kExecute,
        .token = token,
        .limits = limits,
        .actor = actor,
        .reason = reason,
        .reply = std::move(reply)});
}

void ReplayJobs::Stop(const std::string& token, const std::string& why, Reply reply) {
  Push({.kind = Event::Kind::kStop, .token = token, .reason = why, .reply = std::move(reply)});
}

void ReplayJobs::Push(Event event) {
  if (inbox_.Push(std::move(event)) || !event.reply) return;
  event.reply(absl::UnavailableError("the server is stopping"));
}

std::optional<JobView> ReplayJobs::Running(const std::string& token) const {
  absl::MutexLock lock(&mutex_);
  const auto found = views_.find(token);
  if (found == views_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<JobView> ReplayJobs::FromStore(const std::string& token) {
  const auto job = ports_.store->FindJob(token);
  if (!job.ok()) return StoreError(job.status(), token);
  const auto counts = ports_.store->CountItems(token);
  if (!counts.ok()) return StoreError(counts.status(), token);
  return JobView{*job, *counts};
}

absl::StatusOr<JobView> ReplayJobs::Describe(const std::string& token) {
  if (std::optional<JobView> running = Running(token)) return *std::move(running);
  return FromStore(token);
}

absl::StatusOr<std::vector<JobView>> ReplayJobs::List(size_t limit) {
  const auto jobs = ports_.store->ListJobs(limit);
  if (!jobs.ok()) return StoreError(jobs.status(), "");
  std::vector<JobView> views;
  for (const port::Job& job : *jobs) {
    absl::StatusOr<JobView> view = Describe(job.token);
    if (view.ok()) views.push_back(*std::move(view));
    // One that expired meanwhile is left out.
    if (!view.ok() && !absl::IsNotFound(view.status())) return view.status();
  }
  return views;
}

ReplayStats ReplayJobs::Stats() const {
  absl::MutexLock lock(&mutex_);
  ReplayStats stats = stats_;
  stats.running_jobs = views_.size();
  for (const auto& [token, view] : views_) {
    stats.pending += view.counts.pending;
    stats.running += view.counts.running;
  }
  return stats;
}

void ReplayJobs::Body() {
  const base::Time now = ports_.clock->Now();
  base::Time wake = base::kNever;
  if (look_at_ <= now && !halted_.load()) {
    const bool looked = Look();
    resumed_ = resumed_ || looked;
    look_at_ = base::kNever;
    if (ports_.shared) look_at_ = now + core::kSharedLook;
    if (!looked) look_at_ = now + core::kLaneFullPause;
  }
  wake = std::min(wake, look_at_);
  inbox_.TakeAll(events_);
  for (Event& event : events_) Handle(event, now);
  events_.clear();
  if (resumed_ && !halted_.load() && expire_at_ <= now) Expire(now);
  if (resumed_) wake = std::min(wake, expire_at_);
  for (auto entry = runs_.begin(); entry != runs_.end();) {
    ReplayRun& run = *entry->second;
    if (halted_.load()) run.Halt();
    wake = std::min(wake, run.Work(now));
    entry = run.Ended() ? runs_.erase(entry) : std::next(entry);
  }
  Publish();
  if (!halted_.load()) strand_->WakeAt(wake);
}

void ReplayJobs::Handle(Event& event, base::Time now) {
  switch (event.kind) {
    case Event::Kind::kAnswer:
      TakeAnswer(event, now);
      return;
    case Event::Kind::kExecute: {
      absl::StatusOr<JobView> executed = ExecuteNow(event, now);
      Publish();
      event.reply(std::move(executed));
      return;
    }
    case Event::Kind::kStop: {
      absl::StatusOr<JobView> stopped = StopNow(event);
      Publish();
      event.reply(std::move(stopped));
      return;
    }
  }
}

void ReplayJobs::TakeAnswer(const Event& event, base::Time now) {
  const auto found = runs_.find(event.token);
  if (found == runs_.end()) return;
  const port::JobCounts before = found->second->Counts();
  found->second->OnAnswer(event.number, event.verified, event.answer, now);
  const port::JobCounts after = found->second->Counts();
  absl::MutexLock lock(&mutex_);
  stats_.done += after.done - before.done;
  stats_.failed += after.failed - before.failed;
  stats_.skipped += after.skipped - before.skipped;
}

absl::StatusOr<JobView> ReplayJobs::ExecuteNow(const Event& event, base::Time now) {
  if (halted_.load()) return absl::UnavailableError("the server is stopping");
  if (const absl::Status allowed = CheckLimits(event.limits); !allowed.ok()) return allowed;
  absl::StatusOr<port::Job> job = ports_.store->FindJob(event.token);
  if (!job.ok()) return StoreError(job.status(), event.token);
  // Executed by a call whose answer was that the store did not answer.
  if (resumed_ && IsUnderWay(*job) && !runs_.contains(event.token)) {
    if (!Look()) return StoreError(absl::UnavailableError("no list of jobs"), event.token);
    if (runs_.contains(event.token)) return FromStore(event.token);
  }
  if (const absl::Status allowed = CheckExecutable(*job, now); !allowed.ok()) return allowed;
  if (runs_.size() >= core::kMaxRunningJobs) {
    return absl::ResourceExhaustedError(
        absl::StrCat(runs_.size(),
                     " jobs are running, more are not allowed (kMaxRunningJobs): "
                     "wait for one, or stop one"));
  }
  job->state = JobState::kRunning;
  job->limits = event.limits;
  job->actor = event.actor;
  job->reason = event.reason;
  job->start_time = now;
  const absl::Status stored = ports_.store->UpdateJob(*job);
  if (absl::IsAborted(stored)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a token is executed once, and another node has just executed '", event.token, "'"));
  }
  if (!stored.ok()) return StoreError(stored, event.token);
  Add(*std::move(job));
  return FromStore(event.token);
}

absl::StatusOr<JobView> ReplayJobs::StopNow(const Event& event) {
  const auto found = runs_.find(event.token);
  if (found != runs_.end()) {
    const absl::Status stopped = found->second->Stop(event.reason);
    if (!stopped.ok()) return StoreError(stopped, event.token);
    if (!found->second->Loaded()) return FromStore(event.token);
    return JobView{found->second->job(), found->second->Counts()};
  }
  const absl::StatusOr<port::Job> job = ports_.store->FindJob(event.token);
  if (!job.ok()) return StoreError(job.status(), event.token);
  if (ports_.shared && job->state == JobState::kRunning) {
    // Another node's, which hears of it soon.
    const absl::Status stopped = ports_.store->StopJob(event.token, event.reason);
    if (stopped.ok()) return FromStore(event.token);
    if (!absl::IsFailedPrecondition(stopped)) return StoreError(stopped, event.token);
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the job '", event.token, "' ", StateText(*job), ": there is nothing to stop"));
}

bool ReplayJobs::Look() {
  auto jobs = ports_.store->ClaimJobs();
  if (!jobs.ok()) return false;
  std::set<std::string> ours;
  for (port::Job& job : *jobs) {
    ours.insert(job.token);
    const auto run = runs_.find(job.token);
    if (run == runs_.end()) {
      Add(std::move(job));
    } else if (job.state == JobState::kStopping) {
      run->second->NoteStopping(job);
    }
  }
  for (const auto& [token, run] : runs_) {
    if (!ours.contains(token)) run->LetGo();
  }
  return true;
}

void ReplayJobs::Expire(base::Time now) {
  const absl::Status expired =
      ports_.store->ExpireJobs(now - core::kSelectionLife, now - core::kJobLife);
  expire_at_ = now + (expired.ok() ? kExpirePause : core::kLaneFullPause);
}

void ReplayJobs::Add(port::Job job) {
  const std::string token = job.token;
  runs_[token] =
      std::make_unique<ReplayRun>(std::move(job), *ports_.store, *ports_.target,
                                  [this, token](uint32_t number, bool verified, Answer answer) {
                                    Push({.kind = Event::Kind::kAnswer,
                                          .token = token,
                                          .number = number,
                                          .verified = verified,
                                          .answer = std::move(answer)});
                                  });
}

void ReplayJobs::Publish() {
  std::map<std::string, JobView> views;
  for (const auto& [token, run] : runs_) {
    // Until it has read its counts the store knows better.
    if (run->Loaded()) views.emplace(token, JobView{run->job(), run->Counts()});
  }
  absl::MutexLock lock(&mutex_);
  views_ = std::move(views);
}

}  // namespace saga::engine
