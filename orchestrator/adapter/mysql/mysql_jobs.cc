#include "orchestrator/adapter/mysql/mysql_jobs.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_set.h"
#include "orchestrator/adapter/mysql/job_rows.h"
#include "orchestrator/adapter/store_common/job_item.h"

namespace saga::adapter::mysql {

namespace {

using port::Job;
using port::JobItem;
using port::JobState;
using saga::mysql::Connection;
using saga::mysql::Statement;

// Items of one commit.
constexpr size_t kItemsAtOnce = 1000;

bool UnderWay(JobState state) {
  return state == JobState::kRunning || state == JobState::kStopping;
}

class MysqlJobs final : public port::JobStore {
 public:
  MysqlJobs(std::shared_ptr<SessionPool> pool, NodeId self)
      : pool_(std::move(pool)), self_(std::move(self)) {}

  absl::Status CreateJob(const Job& job, const std::vector<JobItem>& items) override {
    const int64_t self = self_();
    const bool at_once = items.size() <= kItemsAtOnce;
    size_t done = std::min(items.size(), kItemsAtOnce);
    int64_t id = 0;
    ++making_;
    const absl::Cleanup made = [this] { --making_; };
    absl::Status status = pool_->WithTransaction([&](Connection& session) -> absl::Status {
      const absl::StatusOr<int64_t> inserted =
          InsertJob(session, job, at_once ? OwnerOf(job, self) : self, !at_once);
      if (!inserted.ok()) return inserted.status();
      id = *inserted;
      return InsertItems(session, id, items.data(), done);
    });
    if (absl::IsAlreadyExists(status)) status = absl::AlreadyExistsError("the token is taken");
    while (status.ok() && done < items.size()) {
      const size_t count = std::min(items.size() - done, kItemsAtOnce);
      status = pool_->WithTransaction([&](Connection& session) -> absl::Status {
        absl::Status mine = LockOurs(session, id, self);
        return mine.ok() ? InsertItems(session, id, items.data() + done, count) : mine;
      });
      done += count;
    }
    return status.ok() && !at_once ? Show(id, self, job) : status;
  }

  absl::Status UpdateJob(const Job& job) override {
    bool elsewhere = false;
    absl::Status status = pool_->WithTransaction([&](Connection& session) -> absl::Status {
      const int64_t self = self_();
      absl::StatusOr<StoredJob> stored = ReadJobOf(session, job.token, true);
      if (!stored.ok()) return stored.status();
      elsewhere = UnderWay(stored->job.state) && stored->owner != self;
      if (elsewhere) return absl::OkStatus();
      Job changed = job;
      // Stopped by another node meanwhile, and we have not learned it.
      if (stored->job.state == JobState::kStopping && job.state == JobState::kRunning) {
        changed.state = stored->job.state;
        changed.stop_reason = stored->job.stop_reason;
      }
      return WriteJob(session, stored->id, OwnerOf(changed, self), changed);
    });
    return status.ok() && elsewhere ? Elsewhere() : status;
  }

  absl::Status UpdateItems(const std::string& token, const std::vector<JobItem>& items) override {
    bool elsewhere = false;
    absl::Status status = pool_->WithTransaction([&](Connection& session) -> absl::Status {
      absl::StatusOr<StoredJob> stored = ReadJobOf(session, token, true);
      if (!stored.ok()) return stored.status();
      elsewhere = UnderWay(stored->job.state) && stored->owner != self_();
      if (elsewhere) return absl::OkStatus();
      for (const JobItem& item : items) {
        absl::StatusOr<Statement*> update = session.Prepared(
            "UPDATE sagad_job_item SET state = ?, text = ? WHERE job_id = ? AND number = ?");
        if (!update.ok()) return update.status();
        (*update)->Bind(static_cast<int64_t>(item.state)).Bind(item.text);
        (*update)->Bind(stored->id).Bind(item.number);
        if (absl::Status run = (*update)->Run(); !run.ok()) return run;
      }
      return absl::OkStatus();
    });
    return status.ok() && elsewhere ? Elsewhere() : status;
  }

  absl::StatusOr<Job> FindJob(const std::string& token) override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<Job> {
      absl::StatusOr<StoredJob> stored = ReadJobOf(session, token, false);
      if (!stored.ok()) return stored.status();
      return std::move(stored->job);
    });
  }

  absl::StatusOr<port::JobCounts> CountItems(const std::string& token) override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<port::JobCounts> {
      return Count(session, token);
    });
  }

  absl::StatusOr<std::vector<JobItem>> ListItems(const std::string& token, uint32_t from,
                                                 size_t limit,
                                                 std::optional<port::ItemState> state) override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<std::vector<JobItem>> {
      absl::StatusOr<StoredJob> stored = ReadJobOf(session, token, false);
      if (!stored.ok()) return stored.status();
      absl::StatusOr<Statement*> list = session.Prepared(
          absl::StrCat("SELECT ", kJobItemColumns,
                       " FROM sagad_job_item "
                       "WHERE job_id = ? AND number >= ? ",
                       state.has_value() ? "AND state = ? " : "", "ORDER BY number LIMIT ?"));
      if (!list.ok()) return list.status();
      (*list)->Bind(stored->id).Bind(from);
      if (state.has_value()) (*list)->Bind(static_cast<int64_t>(*state));
      (*list)->Bind(Bounded(limit));
      if (absl::Status run = (*list)->Run(); !run.ok()) return run;
      std::vector<JobItem> items;
      while ((*list)->Next()) items.push_back(ReadJobItem(**list));
      return items;
    });
  }

  absl::StatusOr<std::vector<Job>> ListJobs(size_t limit) override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<std::vector<Job>> {
      absl::StatusOr<std::vector<StoredJob>> stored = ReadJobs(session, "state <> 0", limit);
      if (!stored.ok()) return stored.status();
      std::vector<Job> jobs;
      for (StoredJob& one : *stored) jobs.push_back(std::move(one.job));
      return jobs;
    });
  }

  absl::StatusOr<std::vector<Job>> ClaimJobs() override {
    return pool_->With([&](Connection& session) -> absl::StatusOr<std::vector<Job>> {
      const int64_t self = self_();
      absl::StatusOr<std::vector<StoredJob>> stored =
          ReadJobs(session, "state IN (2, 3)", static_cast<size_t>(INT64_MAX));
      if (!stored.ok()) return stored.status();
      std::vector<Job> ours;
      if (stored->empty()) return ours;
      const absl::StatusOr<absl::flat_hash_set<int64_t>> live = LiveNodes(session);
      if (!live.ok()) return live.status();
      if (!live->contains(self)) return ours;
      for (StoredJob& one : *stored) {
        if (one.owner != self) {
          if (live->contains(one.owner)) continue;
          const absl::StatusOr<bool> taken = Take(session, one, self);
          if (!taken.ok()) return taken.status();
          if (!*taken) continue;
        }
        ours.push_back(std::move(one.job));
      }
      return ours;
    });
  }

  absl::Status StopJob(const std::string& token, const std::string& stop_reason) override {
    return pool_->WithTransaction([&](Connection& session) -> absl::Status {
      absl::StatusOr<StoredJob> stored = ReadJobOf(session, token, true);
      if (!stored.ok()) return stored.status();
      if (stored->job.state != JobState::kRunning)
        return absl::FailedPreconditionError("the job is not running");
      absl::StatusOr<Statement*> stop =
          session.Prepared("UPDATE sagad_job SET state = 3, stop_reason = ? WHERE id = ?");
      if (!stop.ok()) return stop.status();
      (*stop)->Bind(stop_reason).Bind(stored->id);
      return (*stop)->Run();
    });
  }

  absl::Status ExpireJobs(base::Time before, base::Time ended_before) override {
    absl::Status status = pool_->WithTransaction([&](Connection& session) -> absl::Status {
      absl::StatusOr<Statement*> expire = session.Prepared(
          "UPDATE sagad_job SET state = 0, owner = 0 WHERE (state = 1 AND create_time < ?) OR "
          "(state IN (4, 5) AND end_time < ?)");
      if (!expire.ok()) return expire.status();
      (*expire)->Bind(before.micros).Bind(ended_before.micros);
      return (*expire)->Run();
    });
    return status.ok() ? DeleteUnmade() : status;
  }

 private:
  static int64_t OwnerOf(const Job& job, int64_t self) { return UnderWay(job.state) ? self : 0; }
  static absl::Status Elsewhere() { return absl::AbortedError("another node works on the job"); }

  // For a job that this process is writing.
  static absl::Status LockOurs(Connection& session, int64_t id, int64_t self) {
    const absl::StatusOr<std::optional<int64_t>> owner = LockHidden(session, id);
    if (!owner.ok()) return owner.status();
    if (*owner == self) return absl::OkStatus();
    return absl::UnavailableError("another node took this one for gone, try again");
  }

  // All items are there.
  absl::Status Show(int64_t id, int64_t self, const Job& job) {
    return pool_->WithTransaction([&](Connection& session) -> absl::Status {
      if (absl::Status mine = LockOurs(session, id, self); !mine.ok()) return mine;
      absl::StatusOr<Statement*> show =
          session.Prepared("UPDATE sagad_job SET state = ?, owner = ? WHERE id = ?");
      if (!show.ok()) return show.status();
      (*show)->Bind(static_cast<int64_t>(job.state)).Bind(OwnerOf(job, self)).Bind(id);
      return (*show)->Run();
    });
  }

  static absl::StatusOr<port::JobCounts> Count(Connection& session, const std::string& token) {
    absl::StatusOr<StoredJob> stored = ReadJobOf(session, token, false);
    if (!stored.ok()) return stored.status();
    absl::StatusOr<Statement*> count = session.Prepared(
        "SELECT state, COUNT(*) FROM sagad_job_item WHERE job_id = ? GROUP BY state");
    if (!count.ok()) return count.status();
    (*count)->Bind(stored->id);
    if (absl::Status run = (*count)->Run(); !run.ok()) return run;
    port::JobCounts counts;
    while ((*count)->Next()) {
      counts.Of(static_cast<port::ItemState>((*count)->Number(0))) =
          static_cast<uint64_t>((*count)->Number(1));
    }
    return counts;
  }

  // Whether the job is `self`'s now, and not somebody else's who was faster.
  static absl::StatusOr<bool> Take(Connection& session, const StoredJob& job, int64_t self) {
    absl::StatusOr<Statement*> take = session.Prepared(
        "UPDATE sagad_job SET owner = ? WHERE id = ? AND owner = ? AND state IN (2, 3)");
    if (!take.ok()) return take.status();
    (*take)->Bind(self).Bind(job.id).Bind(job.owner);
    if (absl::Status run = (*take)->Run(); !run.ok()) return run;
    return (*take)->Affected() == 1;
  }

  // Expired jobs, and those that were never made to their end: by us, or by a node that is gone.
  absl::Status DeleteUnmade() {
    std::vector<int64_t> unmade;
    absl::Status status = pool_->With([&](Connection& session) -> absl::Status {
      unmade.clear();
      absl::StatusOr<std::vector<StoredJob>> jobs =
          ReadJobs(session, "state = 0", static_cast<size_t>(INT64_MAX));
      if (!jobs.ok()) return jobs.status();
      if (jobs->empty()) return absl::OkStatus();
      absl::StatusOr<absl::flat_hash_set<int64_t>> live = LiveNodes(session);
      if (!live.ok()) return live.status();
      if (making_ == 0) live->erase(self_());
      for (const StoredJob& job : *jobs) {
        if (!live->contains(job.owner)) unmade.push_back(job.id);
      }
      return absl::OkStatus();
    });
    for (size_t i = 0; i < unmade.size() && status.ok(); ++i) status = Delete(unmade[i]);
    return status;
  }

  absl::Status Delete(int64_t id) {
    for (bool rest = true; rest;) {
      absl::Status status = pool_->WithTransaction([&](Connection& session) -> absl::Status {
        rest = false;
        const absl::StatusOr<std::optional<int64_t>> there = LockHidden(session, id);
        if (!there.ok() || !there->has_value()) return there.status();
        absl::StatusOr<Statement*> items =
            session.Prepared("DELETE FROM sagad_job_item WHERE job_id = ? ORDER BY number LIMIT ?");
        if (!items.ok()) return items.status();
        (*items)->Bind(id).Bind(static_cast<int64_t>(kItemsAtOnce));
        if (absl::Status run = (*items)->Run(); !run.ok()) return run;
        rest = (*items)->Affected() == kItemsAtOnce;
        if (rest) return absl::OkStatus();
        absl::StatusOr<Statement*> job = session.Prepared("DELETE FROM sagad_job WHERE id = ?");
        if (!job.ok()) return job.status();
        (*job)->Bind(id);
        return (*job)->Run();
      });
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<SessionPool> pool_;
  const NodeId self_;
  // Jobs that this process is writing.
  std::atomic<int> making_{0};
};

}  // namespace

std::unique_ptr<port::JobStore> MakeJobs(std::shared_ptr<SessionPool> pool, NodeId self) {
  return std::make_unique<MysqlJobs>(std::move(pool), std::move(self));
}

}  // namespace saga::adapter::mysql
