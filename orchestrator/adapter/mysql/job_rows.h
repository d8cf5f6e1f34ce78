#pragma once

// Rows of sagad_job and sagad_job_item. A job in state 0 is hidden: its items are being written or
// deleted, and nobody but who does that looks at it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/mysql/connection.h"
#include "orchestrator/port/job_store.h"

namespace saga::adapter::mysql {

struct StoredJob {
  port::Job job;
  int64_t id = 0;
  int64_t owner = 0;  // the node that works on it; 0: none
};

// As a number of the database: what is larger than any of its numbers is the largest.
int64_t Bounded(uint64_t number);

// The new row's id. AlreadyExists when the token is taken.
absl::StatusOr<int64_t> InsertJob(saga::mysql::Connection& session, const port::Job& job,
                                  int64_t owner, bool hidden);
// All but what a job keeps for ever: token, filter, create_time.
absl::Status WriteJob(saga::mysql::Connection& session, int64_t id, int64_t owner,
                      const port::Job& job);
// The job with this token, unless it is hidden; with `lock`, nobody else changes it for the rest of
// the database's transaction. NotFound.
absl::StatusOr<StoredJob> ReadJobOf(saga::mysql::Connection& session, const std::string& token,
                                    bool lock);
// The owner of a hidden job, locked; nullopt: there is no such job.
absl::StatusOr<std::optional<int64_t>> LockHidden(saga::mysql::Connection& session, int64_t id);
// Newest first, those that `condition` on their columns allows.
absl::StatusOr<std::vector<StoredJob>> ReadJobs(saga::mysql::Connection& session,
                                                const char* condition, size_t limit);

absl::Status InsertItems(saga::mysql::Connection& session, int64_t id, const port::JobItem* items,
                         size_t count);

}  // namespace saga::adapter::mysql
