#pragma once

// Lanes: one for each destination, so that a sick participant holds up nobody but itself. A lane
// lets a limited number of calls out at a time, keeps a bounded queue of the rest, first come first
// served, and counts.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/lane_settings.h"
#include "orchestrator/port/branch_caller.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/executor.h"
#include "orchestrator/port/message_publisher.h"
#include "orchestrator/port/participant_directory.h"

namespace saga::engine {

// Set when nobody wants a call any more: one that still waits for its turn is dropped then. Shared
// by the calls of a transaction.
using CallOff = std::shared_ptr<const std::atomic<bool>>;

// What became of an offer.
struct Offered {
  enum class Kind : uint8_t {
    kTaken,     // called, now or when its turn comes
    kFull,      // the lane's queue is full; nothing was taken, try again at `retry_at`
    kNotNow,    // the breaker is open or the destination paused; likewise (base::kNever: Resumed)
    kFallback,  // to be sent to `facts.command_topic` instead; nothing was taken
  };

  Kind kind = Kind::kTaken;
  base::Time retry_at;
  port::ParticipantFacts facts;
};

// Thread-safe. Owned by a shared_ptr: calls that are out keep it alive.
class LaneSet : public std::enable_shared_from_this<LaneSet> {
 public:
  struct Ports {
    port::BranchCaller* caller = nullptr;
    port::Clock* clock = nullptr;
    port::Executor* executor = nullptr;
    port::ParticipantDirectory* directory = nullptr;  // null: nobody registers
    port::MessagePublisher* publisher = nullptr;      // null: there is no fallback
  };
  // Runs when a destination can be called again that could not: offers that were told kNotNow are
  // welcome. Any thread; must only enqueue.
  using Opened = std::function<void()>;

  // `fallback_after_unknown` as in MessageOptions.
  LaneSet(const LaneSettings& settings, uint32_t fallback_after_unknown, const Ports& ports,
          Opened opened);

  // From here on the rate limits let queued calls go. Once, before the first Offer.
  void Start();

  // Makes the call, now or when its turn comes; `done` runs exactly once, after a Close or once
  // called off only if the call is out. `unknown_streak`: how many outcomes of this branch op in a
  // row were unknown. Unless kTaken, neither `call` nor `done` was touched.
  Offered Offer(port::BranchCall&& call, port::BranchCaller::Done&& done, uint32_t unknown_streak,
                CallOff off = nullptr);

  // What an operator set for a destination, replacing what was set before.
  void Set(const std::string& destination, const DestinationSettings& settings);

  // Starts nothing more; what is queued is dropped with its `done` not run.
  void Close();

  // Calls out plus calls queued, in all lanes. Calls of a paused destination that wait for it to be
  // resumed are not counted: a server that stops does not wait for them.
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
  void Begin(Lane* lane, Waiting waiting);
  void Call(Lane* lane, Waiting waiting);
  void OnDone(Lane* lane, core::Outcome outcome);
  // The next call of the queue that is still wanted; those before it go to `dropped`.
  std::optional<Waiting> TakeNext(Lane* lane, std::vector<Waiting>* dropped)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const LaneSettings settings_;
  const Ports ports_;
  const Opened opened_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Lane>> lanes_ ABSL_GUARDED_BY(mutex_);
  size_t pending_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace saga::engine
