#pragma once

// Lanes: one for each destination, so that a sick participant holds up nobody but itself. A lane
// lets a limited number of calls out at a time, keeps a bounded queue of the rest, first come first
// served, and counts.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/port/branch_caller.h"

namespace saga::engine {

// Set when nobody wants a call any more: one that still waits for its turn is dropped then. Shared
// by the calls of a transaction.
using CallOff = std::shared_ptr<const std::atomic<bool>>;

// Thread-safe. Owned by a shared_ptr: calls that are out keep it alive.
class LaneSet : public std::enable_shared_from_this<LaneSet> {
 public:
  LaneSet(port::BranchCaller* caller, size_t in_flight_limit, size_t queue_limit);

  // Makes the call, now or when its turn comes; `done` runs exactly once, after a Close or once
  // called off only if the call is out. False: the lane's queue is full, nothing was taken.
  bool Offer(port::BranchCall&& call, port::BranchCaller::Done&& done, CallOff off = nullptr);

  // Starts nothing more; what is queued is dropped with its `done` not run.
  void Close();

  // Calls out plus calls queued, in all lanes.
  size_t Pending() const;
  uint64_t Calls() const;
  std::vector<LaneStats> Stats() const;

 private:
  struct Waiting {
    port::BranchCall call;
    port::BranchCaller::Done done;
    CallOff off;  // null: cannot be called off
  };

  struct Lane {
    std::string destination;
    size_t in_flight = 0;
    uint64_t calls = 0;
    uint64_t unknown = 0;
    std::deque<Waiting> queue;
  };

  Lane* Find(const std::string& target) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Start(Lane* lane, Waiting waiting);
  void Call(Lane* lane, Waiting waiting);
  void OnDone(Lane* lane, core::Outcome outcome);
  // The next call of the queue that is still wanted; those before it go to `dropped`.
  std::optional<Waiting> TakeNext(Lane* lane, std::vector<Waiting>* dropped)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  port::BranchCaller* const caller_;
  const size_t in_flight_limit_;
  const size_t queue_limit_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Lane>> lanes_ ABSL_GUARDED_BY(mutex_);
  size_t pending_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace saga::engine
