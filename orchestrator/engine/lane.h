#pragma once

// Lanes: one for each destination, so that a sick participant holds up nobody but itself. A lane
// lets a limited number of calls out at a time and so many a second, keeps a bounded queue of the
// rest, first come first served, stops calling who is not there (breaker.h), and counts.
//
//   closed     calls go, or wait in the queue for a place or a token of the rate limit
//   open       offers are told to come back, or to go over the fallback; the queue is empty
//   half-open  the same, while one call, the first that was offered after the opening, is out
//   paused     nothing starts; what is queued stays queued
//
// Calls that are queued when the breaker opens are answered at once, unknown and unreachable: what
// they would have come to one after the other, each after its timeout, but so that their retries
// can be planned now and can go over the fallback. A lane that is paused keeps them instead: it
// loses nothing, and resuming it also closes its breaker.

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
#include "absl/container/inlined_vector.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/engine/breaker.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/lane_settings.h"
#include "orchestrator/engine/latency_ring.h"
#include "orchestrator/engine/rate_limit.h"
#include "orchestrator/port/branch_caller.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/executor.h"
#include "orchestrator/port/message_publisher.h"
#include "orchestrator/port/participant_directory.h"

namespace saga::engine {

// Set when nobody wants a call any more: one that still waits for its turn is dropped then. Shared
// by the calls of a transaction.
using CallOff = std::shared_ptr<const std::atomic<bool>>;

// After `after` unknown outcomes in a row a branch op and its participant are tried in turns, over
// the fallback and by a call, so that neither way is forgotten. Whether it is the fallback's turn.
constexpr bool IsFallbackTurn(uint32_t unknown_streak, uint32_t after) {
  return unknown_streak >= after && (unknown_streak - after) % 2 == 0;
}

// What became of an offer.
struct Offered {
  enum class Kind : uint8_t {
    kTaken,     // called, now or when its turn comes
    kFull,      // the lane's queue is full; nothing was taken, try again at `retry_at`
    kNotNow,    // the breaker is open or the destination paused; likewise (base::kNever: Opened)
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
    // Asked before every call is made, not earlier; false: it ends unknown, and nobody was called.
    // Empty: yes.
    std::function<bool()> may_call = nullptr;
  };
  // Runs when a destination can be called again that could not: offers that were told kNotNow are
  // welcome. Any thread; must only enqueue. May be empty.
  using Opened = std::function<void()>;

  // `fallback_after_unknown` as in MessageOptions; 0: only an open breaker makes a fallback.
  LaneSet(const LaneSettings& settings, uint32_t fallback_after_unknown, const Ports& ports,
          Opened opened);

  // From here on the rate limits let queued calls go. Once, before the first Offer.
  void Start();

  // Makes the call, now or when its turn comes; `done` runs exactly once, after a Close or once
  // called off only if the call is out. `unknown_streak`: how many outcomes of this branch op in a
  // row were unknown. Unless kTaken, neither `call` nor `done` was touched.
  //
  // kFallback: never for a question back to the initiator (query, callback), and only if the
  // participant named a command topic and the publisher can be reached; then if the breaker is
  // open and this is not its probe, or, whatever the breaker says, if the streak has reached
  // fallback_after_unknown. In a streak every other attempt is still called, so that a branch
  // finds its way back, and only every other: one that is alone with an open breaker would
  // otherwise be the probe each time, in vain.
  Offered Offer(port::BranchCall&& call, port::BranchCaller::Done&& done, uint32_t unknown_streak,
                CallOff off = nullptr);

  // What an operator set for a destination, replacing what was set before. Calls that wait go as
  // far as it lets them. Resuming closes the breaker too: who resumes knows better than it.
  void Set(const std::string& destination, const DestinationSettings& settings);

  // Starts nothing more; what is queued is dropped with its `done` not run. Before the owner lets
  // go of it; not from inside a call of the executor.
  void Close();

  // Calls out plus calls queued, in all lanes. Calls of a paused destination that wait for it to be
  // resumed are not counted: a server that stops does not wait for them.
  size_t Pending() const;
  uint64_t Calls() const;
  // By destination.
  std::vector<LaneStats> Stats() const;

 private:
  struct Waiting {
    port::BranchCall call;
    port::BranchCaller::Done done;
    CallOff off;  // null: cannot be called off
  };

  struct Lane {
    Lane(std::string name, bool is_shared, const LaneSettings& settings);

    const std::string destination;
    const bool shared;  // by all destinations beyond kMaxLanes: neither breaker nor participant
    DestinationSettings set;
    size_t in_flight = 0;
    std::deque<Waiting> queue;
    RateLimit rate;
    Breaker breaker;
    uint32_t refused = 0;    // offers since the breaker last changed
    bool throttled = false;  // among throttled_

    std::string participant;
    size_t capacity = 0;     // of the participant; 0: not said
    base::Time facts_until;  // the two above are good until then

    uint64_t calls = 0;
    uint64_t unknown = 0;
    uint64_t unreachable = 0;
    uint64_t by_fallback = 0;
    LatencyRing latency;
  };

  // What the directory says about a target.
  struct Known {
    std::optional<port::ParticipantFacts> facts;
    bool reachable = false;  // by messages
  };

  // A call that is to go out.
  struct Turn {
    LaneSet* set = nullptr;
    Lane* lane = nullptr;
    Waiting waiting;
    base::Time started;
    Breaker::Ticket ticket = 0;
  };
  using Turns = absl::InlinedVector<Turn, 1>;

  // What was decided under the lock and is done outside of it, in this order.
  struct Todo {
    std::vector<Waiting> dropped;  // what a call holds is let go outside of the lock
    std::vector<Waiting> shed;     // to be answered without a call
    bool opened = false;
    Turns turns;
  };

  Lane* Find(const std::string& target) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Lane* FindOrMake(std::string destination, bool set_by_operator)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t InFlightLimit(const Lane& lane) const;
  bool StaleFacts(const Lane& lane, base::Time now) const;
  // The breaker is not closed, and no probe may go now.
  bool Blocked(Lane* lane, base::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool WantsFallback(Lane* lane, core::Op op, uint32_t unknown_streak, base::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Known Ask(const std::string& target);
  static void Learn(Lane* lane, const Known& known, base::Time now);
  // kTaken: there is a place, in the queue if nowhere else.
  Offered Judge(Lane* lane, const port::BranchCall& call, uint32_t unknown_streak,
                const std::optional<Known>& known, base::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  base::Time ComeBack(Lane* lane, base::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Turn TakeOut(Lane* lane, Waiting&& waiting, base::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lets go what the lane's limits allow.
  void StartQueued(Lane* lane, base::Time now, Todo* todo) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next call of the queue that is still wanted; those before it are dropped.
  std::optional<Waiting> TakeNext(Lane* lane, Todo* todo) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Shed(Lane* lane, Todo* todo) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Throttle(Lane* lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The body of the strand: lets go what waited for tokens.
  void Pump();

  void Do(Lane* lane, Todo& todo);
  static void Begin(Turns& turns);
  void Call(Turn& turn);
  void OnDone(Lane* lane, core::Outcome outcome, port::Reach reach, base::Time started,
              Breaker::Ticket ticket);

  const LaneSettings settings_;
  const uint32_t fallback_after_unknown_;
  const Ports ports_;
  const Opened opened_;
  std::unique_ptr<port::Strand> pump_;  // made by Start

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Lane>> lanes_ ABSL_GUARDED_BY(mutex_);
  std::vector<Lane*> throttled_ ABSL_GUARDED_BY(mutex_);  // their queues wait for a token
  bool pumping_ ABSL_GUARDED_BY(mutex_) = false;
  size_t pending_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace saga::engine
