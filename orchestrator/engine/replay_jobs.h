#pragma once

// Jobs that replay dead letters: thousands of them, slowly, through their destinations' lanes.
//
//   selection (frozen, named by a token) -> executed -> canary, one by one -> the rest, at its rate
//        -> done: every item has an end; or stopped: by an operator, a canary or its errors
//
// A job belongs to the server, not to whoever asked for it, and survives both. A store that does
// not answer holds a job up and loses nothing of it.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/engine/inbox.h"
#include "orchestrator/engine/replay_run.h"
#include "orchestrator/engine/replay_target.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/entropy.h"
#include "orchestrator/port/executor.h"
#include "orchestrator/port/job_store.h"

namespace saga::engine {

struct JobView {
  port::Job job;
  port::JobCounts counts;
};

struct ReplayStats {
  uint64_t running_jobs = 0;
  uint64_t pending = 0;  // items of running jobs
  uint64_t running = 0;
  uint64_t done = 0;  // items that ended, since start
  uint64_t failed = 0;
  uint64_t skipped = 0;
};

// Thread-safe. Create, Describe and List wait for the disk; Execute and Stop return at once, their
// reply runs on the jobs' strand and must be quick.
class ReplayJobs {
 public:
  struct Ports {
    port::JobStore* store = nullptr;
    ReplayTarget* target = nullptr;
    port::Clock* clock = nullptr;
    port::Entropy* entropy = nullptr;
    port::Executor* executor = nullptr;
    bool shared = false;  // other nodes work on the store's jobs too
  };
  using Reply = absl::AnyInvocable<void(absl::StatusOr<JobView>)>;

  // The ports outlive this, and the target has answered everything before this is destroyed.
  explicit ReplayJobs(const Ports& ports);
  ~ReplayJobs();

  ReplayJobs(const ReplayJobs&) = delete;
  ReplayJobs& operator=(const ReplayJobs&) = delete;

  // Takes up the jobs that ran when the process before this one ended. On a shared store it goes on
  // looking for those of nodes that are gone.
  void Start();

  // Freezes a selection; `items` in the order of execution, their numbers are set here. `filter` is
  // for people. ResourceExhausted: kMaxJobs. Unavailable: the store does not answer.
  absl::StatusOr<JobView> Create(const std::string& filter, std::vector<port::JobItem> items);

  // Starts a selection's job. InvalidArgument: a limit out of range. NotFound: no such token.
  // FailedPrecondition: executed already, here or at another node, or older than kSelectionLife.
  // ResourceExhausted: kMaxRunningJobs.
  void Execute(const std::string& token, const port::JobLimits& limits, const std::string& actor,
               const std::string& reason, Reply reply);

  // Starts nothing more of a job, at whatever node it runs; what is out is waited for. `why`
  // becomes its stop_reason. NotFound; FailedPrecondition: it does not run.
  void Stop(const std::string& token, const std::string& why, Reply reply);

  // Exact for jobs that run here: what the store has may be kJobProgressPause behind. NotFound.
  absl::StatusOr<JobView> Describe(const std::string& token);
  // Newest first.
  absl::StatusOr<std::vector<JobView>> List(size_t limit);

  ReplayStats Stats() const;

  // The server stops: nothing more is started. Before Engine::StopIntake.
  void Halt();
  // Stores what is not stored yet and ends. After Engine::Stop.
  void Shutdown();

 private:
  struct Event {
    enum class Kind : uint8_t { kAnswer, kExecute, kStop };
    Kind kind = Kind::kAnswer;
    std::string token;
    // kAnswer
    uint32_t number = 0;
    bool verified = false;
    Answer answer;
    // kExecute, kStop
    port::JobLimits limits;
    std::string actor;
    std::string reason;
    Reply reply;
  };
  using Runs = std::map<std::string, std::unique_ptr<ReplayRun>>;

  void Body();
  void Push(Event event);
  void Handle(Event& event, base::Time now);
  void TakeAnswer(const Event& event, base::Time now);
  absl::StatusOr<JobView> ExecuteNow(const Event& event, base::Time now);
  absl::StatusOr<JobView> StopNow(const Event& event);
  // Takes up what is ours and lets go of what is not. False: the store does not answer.
  bool Look();
  void Expire(base::Time now);
  void Add(port::Job job);
  void Publish();
  absl::StatusOr<JobView> FromStore(const std::string& token);
  std::optional<JobView> Running(const std::string& token) const;

  const Ports ports_;
  Inbox<Event> inbox_;
  std::unique_ptr<port::Strand> strand_;
  std::atomic<bool> halted_{false};

  // Strand only.
  std::vector<Event> events_;
  Runs runs_;
  bool resumed_ = false;
  base::Time expire_at_;
  base::Time look_at_;

  mutable absl::Mutex mutex_;
  std::map<std::string, JobView> views_ ABSL_GUARDED_BY(mutex_);  // of the jobs that run
  ReplayStats stats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::engine
