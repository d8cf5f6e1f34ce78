#pragma once

// Jobs: a selection of dead letters, frozen when it was made, and what became of each of them. A
// selection that nobody executes expires; a job that runs survives the process.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/mode.h"

namespace saga::port {

enum class JobState : uint8_t {
  kSelected = 1,  // shown to an operator, not executed
  kRunning = 2,
  kStopping = 3,  // starts nothing more; items under way are waited for
  kDone = 4,      // every item has an end
  kStopped = 5,   // by an operator or by its error limit; the rest of the items stay pending
};

enum class ItemState : uint8_t {
  kPending = 1,
  kRunning = 2,  // replayed, its new outcome is not known
  kDone = 3,     // the branch op succeeded, and that is stored
  kFailed = 4,   // it is dead again
  kSkipped = 5,  // not what was selected any more: ended, resolved, or replayed by somebody else
};

// How a job goes about its items.
struct JobLimits {
  double rate = 10;  // items started per second
  uint32_t max_in_flight = 8;
  uint32_t canary = 1;  // so many first, one after another; only if they succeed the rest
  uint32_t stop_after_errors = 5;  // failed items until the job stops itself; 0: never

  bool operator==(const JobLimits&) const = default;
};

struct Job {
  std::string token;  // names it, from the selection on
  JobState state = JobState::kSelected;
  std::string filter;  // as the operator wrote it
  std::string actor;   // who executed it; empty while only selected
  std::string reason;
  std::string stop_reason;  // why it stopped before its end
  JobLimits limits;
  base::Time create_time;
  base::Time start_time;
  base::Time end_time;

  bool operator==(const Job&) const = default;
};

struct JobItem {
  uint32_t number = 0;  // from 0, in the order of execution
  std::string gid;
  std::string branch_id;
  core::Op op = core::Op::kAction;
  uint32_t death = 0;
  ItemState state = ItemState::kPending;
  std::string text;  // why it failed or was skipped

  bool operator==(const JobItem&) const = default;
};

// Items by state; their sum is the size of the selection, always.
struct JobCounts {
  uint64_t pending = 0;
  uint64_t running = 0;
  uint64_t done = 0;
  uint64_t failed = 0;
  uint64_t skipped = 0;

  uint64_t& Of(ItemState state) {
    switch (state) {
      case ItemState::kPending:
        return pending;
      case ItemState::kRunning:
        return running;
      case ItemState::kDone:
        return done;
      case ItemState::kFailed:
        return failed;
      case ItemState::kSkipped:
        return skipped;
    }
    return pending;
  }

  bool operator==(const JobCounts&) const = default;
};

// Thread-safe. Every call may wait for the disk; what a call returned ok for is durable.
// Unavailable: the store does not answer.
class JobStore {
 public:
  virtual ~JobStore() = default;

  // AlreadyExists when the token is taken.
  virtual absl::Status CreateJob(const Job& job, const std::vector<JobItem>& items) = 0;
  // All but token, filter and create_time; NotFound. A job that turns from kSelected to another
  // state is this process's from then on; one that another node works on is left as it is: Aborted.
  virtual absl::Status UpdateJob(const Job& job) = 0;
  // States and texts of these items; the others stay as they are. Aborted: another node works on
  // the job, nothing was changed.
  virtual absl::Status UpdateItems(const std::string& token, const std::vector<JobItem>& items) = 0;

  virtual absl::StatusOr<Job> FindJob(const std::string& token) = 0;
  virtual absl::StatusOr<JobCounts> CountItems(const std::string& token) = 0;
  // By number, from `from` on; without `state`: any.
  virtual absl::StatusOr<std::vector<JobItem>> ListItems(const std::string& token, uint32_t from,
                                                         size_t limit,
                                                         std::optional<ItemState> state) = 0;
  // Newest first.
  virtual absl::StatusOr<std::vector<Job>> ListJobs(size_t limit) = 0;

  // Takes up the jobs under way (kRunning, kStopping) that no live node works on, and returns all
  // that are this process's now.
  virtual absl::StatusOr<std::vector<Job>> ClaimJobs() {
    absl::StatusOr<std::vector<Job>> jobs = ListJobs(core::kMaxJobs);
    if (jobs.ok()) {
      std::erase_if(*jobs, [](const Job& job) {
        return job.state != JobState::kRunning && job.state != JobState::kStopping;
      });
    }
    return jobs;
  }
  // A job that is kRunning becomes kStopping with that reason, whoever works on it; who does learns
  // it from ClaimJobs. NotFound; FailedPrecondition: it is in another state.
  virtual absl::Status StopJob(const std::string& token, const std::string& stop_reason) {
    absl::StatusOr<Job> job = FindJob(token);
    if (!job.ok()) return job.status();
    if (job->state != JobState::kRunning)
      return absl::FailedPreconditionError("the job is not running");
    job->state = JobState::kStopping;
    job->stop_reason = stop_reason;
    return UpdateJob(*job);
  }

  // Deletes selections made before `before` and never executed, and ended jobs that ended before
  // `ended_before`, with their items.
  virtual absl::Status ExpireJobs(base::Time before, base::Time ended_before) = 0;
};

}  // namespace saga::port
