#pragma once

// The engine: owns every open transaction, feeds events to the core, stores what it decides, and
// only then acts.
//
//   request, answer, timer -> runner (by gid) -> core Step -> batch -> store strand -> commit
//        -> runner -> answers released, calls made through lanes, wakes armed -> answers -> ...
//
// Thread safety: every public method may be called from any thread and returns at once; the
// callback runs exactly once, on an engine thread, and must be quick. After Stop callbacks run with
// kStopping.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/step.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/lane_settings.h"
#include "orchestrator/port/branch_caller.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/entropy.h"
#include "orchestrator/port/executor.h"
#include "orchestrator/port/message_publisher.h"
#include "orchestrator/port/observer.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/participant_directory.h"
#include "orchestrator/port/transaction_query.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::engine {

class PeerLink;
struct PeerAsk;

// What goes out as messages. Without a publisher (Engine::Ports) nothing does.
struct MessageOptions {
  // A call goes over the fallback when its destination's breaker is open, or when this many of its
  // outcomes in a row were unknown, and its participant registered a command topic.
  uint32_t fallback_after_unknown = core::kFallbackAfterUnknown;
  base::Duration reply_timeout = core::kFallbackReplyTimeout;
  std::string reply_topic;
  std::string event_topic;        // empty: no events
  std::string dead_letter_topic;  // copies of dead letters; empty: none
  std::string source;             // ce_source of what is published: "/sagad/NAME"
};

struct EngineOptions {
  core::Settings settings;
  size_t runners = 1;
  size_t max_live = core::kMaxLiveTransactions;
  size_t max_batch = core::kMaxBatchWrites;
  base::Duration commit_delay = core::kCommitDelay;  // 0: none
  LaneSettings lane;
  // Calls of one branch op until it is a dead letter, where neither its transaction nor its
  // participant says: of participants that registered, and of all others. 0: no limit.
  uint32_t registered_attempt_limit = core::kRegisteredAttemptLimit;
  uint32_t attempt_limit = 0;
  MessageOptions messages;
  // With peers: how long a request is tried whose transaction's holder cannot be asked.
  base::Duration peer_patience = core::kPeerPatience;
};

// What a request came to.
struct Answer {
  enum class Kind : uint8_t {
    kVerdict,     // the core answered: see verdict
    kOverloaded,  // a limit was reached; nothing was done, try again. `error` names the limit.
    // The store failed, or the node that holds the transaction. `error` says why, and what is known
    // of the request: that nothing was done, or that it may have been.
    kStoreFailed,
    // The server is going down; nothing was done. To a peer also: the transaction is not this
    // node's.
    kStopping,
  };

  Kind kind = Kind::kVerdict;
  core::Verdict verdict = core::Verdict::kAccepted;
  // The transaction as it was when the answer was given: at once for a plain request, when it ended
  // or came to rest for one that waits. Without a gid when there is none.
  core::GlobalTransaction transaction;
  // The row whose answer came last, as index into transaction.branches; -1: none since this
  // request.
  int32_t last_row = -1;
  std::string error;
};

using Reply = absl::AnyInvocable<void(Answer)>;

// What a participant answered over a queue.
struct QueuedReply {
  std::string gid;
  std::string branch_id;
  core::Op op = core::Op::kAction;
  uint32_t attempt = 0;
  port::BranchReply reply;
};

// How long a request wants to wait.
enum class WaitFor : uint8_t {
  kStored,  // answer when what it promises is durable
  kRest,    // answer when the transaction has ended, or nothing is out and nothing is owed now
            // (wait_result)
  kEnd,     // answer when the transaction has ended
  kBranch,  // answer when the branch op meant is settled or a dead letter again, and that is stored
};

// A live transaction, for people.
struct Snapshot {
  core::GlobalTransaction transaction;
  base::Time next_wake = base::kNever;
  std::vector<uint32_t> in_flight;  // rows with a call out
};

struct LaneStats {
  std::string destination;
  size_t in_flight = 0;
  size_t queued = 0;
  size_t in_flight_limit = 0;
  uint64_t calls = 0;
  uint64_t unknown = 0;
  std::string participant;  // that registered; empty: a plain destination
  BreakerState breaker = BreakerState::kClosed;
  bool paused = false;
  double rate = 0;               // calls per second; 0: no limit
  bool limits_set = false;       // by an operator
  uint64_t unreachable = 0;      // calls that nobody answered
  uint64_t by_fallback = 0;      // offers that went over the fallback instead
  uint32_t failure_percent = 0;  // of the breaker's window
  base::Time open_until;         // breaker open: when it lets a probe through
  base::Duration p50;            // of the latest calls
  base::Duration p99;
};

struct OutboxStats {
  uint64_t published = 0;
  uint64_t failed = 0;  // publishing failed and was repeated
  bool reachable = false;
};

struct EngineStats {
  uint64_t live = 0;
  uint64_t commits = 0;
  uint64_t commit_writes = 0;
  uint64_t branch_calls = 0;
  uint64_t refused = 0;
  uint64_t ended_succeed = 0;
  uint64_t ended_failed = 0;
  bool store_ok = true;
  std::vector<LaneStats> lanes;
  OutboxStats outbox;
};

class Engine {
 public:
  struct Ports {
    port::TransactionStore* store = nullptr;
    port::BranchCaller* caller = nullptr;
    port::Clock* clock = nullptr;
    port::Entropy* entropy = nullptr;
    port::Executor* executor = nullptr;
    port::Observer* observer = nullptr;
    // May be null: nobody registers; nothing is published.
    port::ParticipantDirectory* directory = nullptr;
    port::MessagePublisher* publisher = nullptr;
    port::OutboxStore* outbox = nullptr;  // with a publisher
    // Null: no others share the store.
    PeerLink* peers = nullptr;
  };

  // The ports outlive the engine.
  Engine(const EngineOptions& options, const Ports& ports);
  ~Engine();

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Takes up what the store holds and begins to act.
  void Start();

  // Requests of clients and operators. `draft` as core::Prepared and core::Submitted describe it,
  // already validated (api/validate.h).
  void Prepare(core::GlobalTransaction draft, Reply reply);
  void Submit(core::Submitted request, WaitFor wait, Reply reply);
  void RegisterBranch(const std::string& gid, core::BranchRegistered branch, Reply reply);
  void Abort(const std::string& gid, core::AbortRequested request, WaitFor wait, Reply reply);
  void EndWorkflow(const std::string& gid, core::WorkflowEnded request, Reply reply);
  void ForceStop(const std::string& gid, core::ForceStopRequested request, Reply reply);
  void RetryNow(const std::string& gid, core::RetryRequested request, Reply reply);

  // What an operator decides about a dead letter; `wait` kStored, or kBranch for the end of what a
  // replay starts. Answer::last_row is then the row.
  void ActOnDeadLetter(const std::string& gid, core::DeadLetterAct act, WaitFor wait, Reply reply);
  // As kBranch, without doing anything: for a replay that a process before this one started.
  void WaitForBranch(const std::string& gid, const std::string& branch_id, core::Op op,
                     Reply reply);
  // A reply to a command that went out over the fallback; the answer comes when what it says is
  // stored. kNotFound: no such transaction or branch op; kAlready: it came too late to matter.
  void TakeReply(QueuedReply queued, Reply reply);
  // Something was put into the outbox other than by this engine.
  void WakeOutbox();
  // Of a shared store, now and then: what a node that is gone left in the outbox is looked for.
  void LookAtOutbox();
  // What an operator set for a destination, replacing what was set before. At once.
  void SetDestination(const std::string& destination, const DestinationSettings& settings);

  // Answers when the transaction has ended (kEnd) or come to rest (kRest); kNotFound for an unknown
  // gid. Returns a number for CancelWait.
  uint64_t Wait(const std::string& gid, WaitFor wait, Reply reply);
  // The caller of Wait went away. Its reply runs, with kStopping, unless it ran already.
  void CancelWait(const std::string& gid, uint64_t wait_id);

  // What another node asks about a transaction that this one holds, as far as it knows. If it does
  // not: kStopping; nothing is forwarded twice. Returns a number for CancelWait.
  uint64_t ServePeer(PeerAsk ask, Reply reply);

  // The transaction if it is in memory. `done(nullptr)` when it is not: read the store.
  void Inspect(const std::string& gid, absl::AnyInvocable<void(const Snapshot*)> done);

  EngineStats Stats() const;

  // Takes no more requests. Work goes on.
  void StopIntake();
  // True when no call is out and nothing waits to be stored.
  bool Quiet() const;
  // Ends everything: calls that are still out are left to the next start. When nothing else of this
  // process writes any more either, TransactionStore::Leave hands them to whoever shares the store.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::engine
