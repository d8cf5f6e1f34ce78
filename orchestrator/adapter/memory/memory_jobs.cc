#include "orchestrator/adapter/memory/memory_jobs.h"

#include <utility>

namespace saga::adapter {
namespace {

absl::Status NoSuchJob() { return absl::NotFoundError("no such job"); }

bool IsExpired(const port::Job& job, base::Time before, base::Time ended_before) {
  switch (job.state) {
    case port::JobState::kSelected:
      return job.create_time < before;
    case port::JobState::kDone:
    case port::JobState::kStopped:
      return job.end_time < ended_before;
    case port::JobState::kRunning:
    case port::JobState::kStopping:
      return false;
  }
  return false;
}

}  // namespace

MemoryJobs::Entry* MemoryJobs::At(const std::string& token) {
  const auto found = ids_.find(token);
  return found == ids_.end() ? nullptr : &jobs_.at(found->second);
}

absl::Status MemoryJobs::CreateJob(const port::Job& job, const std::vector<port::JobItem>& items) {
  absl::MutexLock lock(&mutex_);
  if (At(job.token) != nullptr) return absl::AlreadyExistsError("the token is taken");
  const uint64_t id = ++last_id_;
  ids_[job.token] = id;
  Entry& entry = jobs_[id];
  entry.job = job;
  for (const port::JobItem& item : items) entry.items[item.number] = item;
  return absl::OkStatus();
}

absl::Status MemoryJobs::UpdateJob(const port::Job& job) {
  absl::MutexLock lock(&mutex_);
  Entry* const entry = At(job.token);
  if (entry == nullptr) return NoSuchJob();
  port::Job updated = job;
  updated.filter = entry->job.filter;
  updated.create_time = entry->job.create_time;
  entry->job = std::move(updated);
  return absl::OkStatus();
}

absl::Status MemoryJobs::UpdateItems(const std::string& token,
                                     const std::vector<port::JobItem>& items) {
  absl::MutexLock lock(&mutex_);
  Entry* const entry = At(token);
  if (entry == nullptr) return NoSuchJob();
  for (const port::JobItem& item : items) {
    const auto found = entry->items.find(item.number);
    if (found == entry->items.end()) continue;
    found->second.state = item.state;
    found->second.text = item.text;
  }
  return absl::OkStatus();
}

absl::StatusOr<port::Job> MemoryJobs::FindJob(const std::string& token) {
  absl::MutexLock lock(&mutex_);
  const Entry* const entry = At(token);
  if (entry == nullptr) return NoSuchJob();
  return entry->job;
}

absl::StatusOr<port::JobCounts> MemoryJobs::CountItems(const std::string& token) {
  absl::MutexLock lock(&mutex_);
  const Entry* const entry = At(token);
  if (entry == nullptr) return NoSuchJob();
  port::JobCounts counts;
  for (const auto& [number, item] : entry->items) ++counts.Of(item.state);
  return counts;
}

absl::StatusOr<std::vector<port::JobItem>> MemoryJobs::ListItems(
    const std::string& token, uint32_t from, size_t limit, std::optional<port::ItemState> state) {
  absl::MutexLock lock(&mutex_);
  const Entry* const entry = At(token);
  if (entry == nullptr) return NoSuchJob();
  std::vector<port::JobItem> items;
  for (auto item = entry->items.lower_bound(from);
       item != entry->items.end() && items.size() < limit; ++item) {
    if (!state.has_value() || item->second.state == *state) items.push_back(item->second);
  }
  return items;
}

absl::StatusOr<std::vector<port::Job>> MemoryJobs::ListJobs(size_t limit) {
  absl::MutexLock lock(&mutex_);
  std::vector<port::Job> jobs;
  for (auto entry = jobs_.rbegin(); entry != jobs_.rend() && jobs.size() < limit; ++entry)
    jobs.push_back(entry->second.job);
  return jobs;
}

absl::Status MemoryJobs::ExpireJobs(base::Time before, base::Time ended_before) {
  absl::MutexLock lock(&mutex_);
  for (auto entry = jobs_.begin(); entry != jobs_.end();) {
    if (IsExpired(entry->second.job, before, ended_before)) {
      ids_.erase(entry->second.job.token);
      entry = jobs_.erase(entry);
    } else {
      ++entry;
    }
  }
  return absl::OkStatus();
}

}  // namespace saga::adapter
