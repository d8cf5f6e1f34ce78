#pragma once

// Dead letters, their participant and the store of jobs, as replay jobs see them: on simulated
// time, and able to lose the process that works on them.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/engine/replay_jobs.h"
#include "orchestrator/engine/replay_target.h"
#include "orchestrator/port/job_store.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/world.h"

namespace saga::engine {

// What a disk would hold of jobs.
struct JobDisk {
  struct Row {
    port::Job job;
    std::vector<port::JobItem> items;
  };
  std::map<std::string, Row> rows;
};

class ReplayWorld {
 public:
  explicit ReplayWorld(uint64_t seed = 1);
  ~ReplayWorld();

  // What a replayed dead letter comes to, and when; success after 1 ms when not set.
  enum class Fate : uint8_t { kSucceeds, kDiesAgain, kHangs };
  std::function<std::pair<Fate, base::Duration>(const std::string& gid, uint32_t death)> fate;
  // Whether a call of the job store fails; some of those that fail have been stored.
  std::function<bool()> store_fails;
  // What else the engine may answer to a replay; nothing done then.
  std::function<Answer::Kind(const std::string& gid)> engine_says;

  // Dead compensations "g0", "g1", ..., each dead for the first time.
  void AddLetters(size_t count);
  // Somebody else replays one, or it is gone.
  void ReplayByHand(const std::string& gid);
  void Remove(const std::string& gid) { letters_.erase(gid); }

  // All letters there are, by their deaths now.
  std::string Select();
  absl::StatusOr<JobView> Execute(const std::string& token, const port::JobLimits& limits);
  absl::StatusOr<JobView> StopJob(const std::string& token);
  JobView View(const std::string& token);
  std::vector<port::JobItem> Items(const std::string& token);

  void Run(base::Duration time);
  // Until the job has ended; false: it has not within `time`.
  bool RunToEnd(const std::string& token, base::Duration time);
  // As kill -9 and a start.
  void Restart();
  // As SIGTERM and a start.
  void StopAndStart();

  ReplayJobs& jobs() { return *jobs_; }
  simulation::World& world() { return world_; }
  // How often a death was replayed, by gid and death.
  const std::map<std::pair<std::string, uint32_t>, int>& replays() const { return replays_; }
  // When each replay came in.
  const std::vector<base::Time>& times() const { return times_; }
  size_t most_out() const { return most_out_; }
  uint64_t writes() const { return writes_; }

 private:
  struct Letter {
    core::GlobalTransaction transaction;
    std::vector<Reply> waiting;
  };
  class Process;

  core::Branch& BranchOf(const std::string& gid) {
    return letters_.at(gid).transaction.branches.front();
  }
  // False: it is not that dead letter.
  bool Begin(const std::string& gid, uint32_t death);
  void Settle(const std::string& gid, Fate fate);
  Answer AnswerOf(const std::string& gid, core::Verdict verdict) const;
  void Start();

  simulation::World world_;
  simulation::SimExecutor executor_;
  JobDisk disk_;
  std::map<std::string, Letter> letters_;
  std::map<std::pair<std::string, uint32_t>, int> replays_;
  std::vector<base::Time> times_;
  size_t out_ = 0;
  size_t most_out_ = 0;
  uint64_t writes_ = 0;
  std::shared_ptr<Process> process_;
  std::unique_ptr<ReplayJobs> jobs_;
};

}  // namespace saga::engine
