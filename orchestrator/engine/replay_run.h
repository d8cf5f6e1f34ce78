#pragma once

// One job that runs: which item is next, what is out, what is not stored yet. Works on what the
// store says and remembers nothing else, so that a new process goes on where this one ends:
//
//   pending   never touched by this job
//   running   this job may have replayed it. Stored before it is replayed, so after a crash these
//             are looked at first (ReplayTarget::WaitForBranch) and replayed only when they still
//             are the very dead letters that were selected
//   others    have an end, which never changes
//
// The engine refuses a replay of a death that was replayed, so nothing here can replay one twice;
// what this takes care of is that every item ends as what became of it.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "orchestrator/base/time.h"
#include "orchestrator/engine/replay_item.h"
#include "orchestrator/engine/replay_target.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/job_store.h"

namespace saga::engine {

// Not thread-safe: the strand of ReplayJobs only.
class ReplayRun {
 public:
  // Hands an answer over to the strand, which gives it to OnAnswer.
  using Deliver = std::function<void(uint32_t number, bool verified, Answer answer)>;

  // `job` is kRunning or kStopping, as it is stored. The store and the target outlive this.
  ReplayRun(port::Job job, port::JobStore& store, ReplayTarget& target, Deliver deliver);

  // Does what is due. Returns when there is more to do without an answer.
  base::Time Work(base::Time now);
  // An answer that nobody waits for (the job was another node's in between) is passed over.
  void OnAnswer(uint32_t number, bool verified, const Answer& answer, base::Time now);

  // Starts nothing more of it, for `reason`. The error of storing that; nothing is changed then.
  absl::Status Stop(const std::string& reason);
  // Somebody else stored that it is to stop.
  void NoteStopping(const port::Job& stored);
  // Another node works on it: it is let go, whatever is out.
  void LetGo() { ended_ = true; }
  // The server stops: starts nothing more, and leaves the job as it is.
  void Halt() { halted_ = true; }
  // Stores what is not stored yet, once.
  void Flush();

  // Every item that will end has ended, and that is stored; or it is another node's.
  bool Ended() const { return ended_; }
  // False: Counts is not known yet.
  bool Loaded() const { return loaded_; }
  const port::Job& job() const { return job_; }
  // What is out counts as running, what is only marked so in the store as pending.
  port::JobCounts Counts() const;

 private:
  struct Ready {
    port::JobItem item;
    bool verify = false;  // this job may have replayed it
    base::Time not_before;
  };

  bool Load();
  void CheckErrors();
  void StartDue(base::Time now);
  bool Claim();
  bool FillPage();
  // False: the store does not answer.
  bool Save();
  bool Finish(base::Time now);
  void GiveBackUnstarted();
  void Start(Ready ready);
  void End(port::JobItem item, port::ItemState state, std::string text, base::Time now);
  bool InCanary() const { return counts_.done < job_.limits.canary; }
  size_t OutLimit() const { return InCanary() ? 1 : job_.limits.max_in_flight; }
  bool MayStart() const { return !halted_ && job_.state == port::JobState::kRunning; }
  size_t ClaimSize() const;
  std::deque<Ready>::iterator NextReady(base::Time now);
  base::Time NextTime() const;
  // Notes that the store does not answer, or that the job is another node's; always false.
  bool Pause(const absl::Status& status);

  port::Job job_;
  port::JobStore& store_;
  ReplayTarget& target_;
  const Deliver deliver_;

  bool loaded_ = false;
  bool halted_ = false;
  bool ended_ = false;
  bool paused_ = false;             // the store did not answer
  port::JobCounts counts_;          // by the state of each item, stored or not
  std::deque<port::JobItem> page_;  // pending, in order
  uint32_t next_number_ = 0;        // pending items from here on are not in `page_` yet
  bool read_all_ = false;
  size_t unsure_ = 0;              // of `page_`, from its front: the store may have them as running
  std::deque<Ready> ready_;        // stored as running, not out
  std::map<uint32_t, Ready> out_;  // by number
  std::vector<port::JobItem> unsaved_;  // ended, not stored
  base::Time save_at_ = base::kNever;
  base::Time next_start_;  // of the rate
};

}  // namespace saga::engine
