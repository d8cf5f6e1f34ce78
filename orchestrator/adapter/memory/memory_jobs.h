#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/job_store.h"

namespace saga::adapter {

// Jobs without a disk. Thread-safe, never waits.
class MemoryJobs final : public port::JobStore {
 public:
  absl::Status CreateJob(const port::Job& job, const std::vector<port::JobItem>& items) override;
  absl::Status UpdateJob(const port::Job& job) override;
  absl::Status UpdateItems(const std::string& token,
                           const std::vector<port::JobItem>& items) override;
  absl::StatusOr<port::Job> FindJob(const std::string& token) override;
  absl::StatusOr<port::JobCounts> CountItems(const std::string& token) override;
  absl::StatusOr<std::vector<port::JobItem>> ListItems(
      const std::string& token, uint32_t from, size_t limit,
      std::optional<port::ItemState> state) override;
  absl::StatusOr<std::vector<port::Job>> ListJobs(size_t limit) override;
  absl::Status ExpireJobs(base::Time before, base::Time ended_before) override;

 private:
  struct Entry {
    port::Job job;
    std::map<uint32_t, port::JobItem> items;  // by number
  };

  // Null: no such job.
  Entry* At(const std::string& token) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::map<uint64_t, Entry> jobs_ ABSL_GUARDED_BY(mutex_);  // in the order they were made
  std::map<std::string, uint64_t> ids_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace saga::adapter
