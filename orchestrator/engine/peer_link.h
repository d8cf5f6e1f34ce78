#pragma once

// Asking the node that holds a transaction. A node that is asked answers for what it holds and
// forwards nothing; whoever got no answer looks into the store again, which knows the holder.
//
// Every request may therefore reach the rules more than once, at one node or at several. That does
// no harm: a repeated prepare, submit, registration, abort, workflow end and queued reply is told
// kAlready, or what is so by now; an operator's act that was done already is refused, and where it
// may have been ours that is said instead (Trail::unsure in slot.h).

#include <cstdint>
#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/event.h"
#include "orchestrator/engine/engine.h"

namespace saga::engine {

// A request of a client or operator: any event but BranchAnswered and Woken. Its answer comes when
// what it promises is stored.
struct PeerRequest {
  core::Event event;
};

// kRest, kEnd or kBranch, as Engine::Wait and WaitForBranch.
struct PeerWait {
  WaitFor wait = WaitFor::kEnd;
  std::string branch_id;
  core::Op op = core::Op::kAction;
};

struct PeerAsk {
  std::string gid;
  std::variant<PeerRequest, PeerWait, QueuedReply> what;
};

struct PeerAnswer {
  enum class Kind : uint8_t {
    kAnswered,  // `answer` is the holder's
    kNotMine,   // it does not hold the transaction, or is leaving; it did nothing
    kLost,      // no answer: whether anything was done is not known. `error` says why.
  };

  Kind kind = Kind::kLost;
  Answer answer;
  std::string error;
};

// Of an Answer to another node: kStopping, but what was asked for may have been done all the same,
// because it was on its way to the store. Who carries answers ends the question with kLost then.
inline constexpr char kOnItsWay[] = "the node left while it was storing what it was asked for";
inline bool LeftUnsure(const Answer& answer) {
  return answer.kind == Answer::Kind::kStopping && !answer.error.empty();
}

// Thread-safe.
class PeerLink {
 public:
  using Done = absl::AnyInvocable<void(PeerAnswer)>;

  virtual ~PeerLink() = default;

  // Asks the node that listens at `address`. `done` runs exactly once, on any thread, possibly
  // before Ask returns; it only enqueues. kLost when no answer came within `timeout`. `number`
  // names the question to Cancel and is not used again.
  virtual void Ask(uint64_t number, const std::string& address, PeerAsk ask, base::Duration timeout,
                   Done done) = 0;

  // Nobody wants the answer any more: the node that was asked is told so. `done` runs if it has
  // not.
  virtual void Cancel(uint64_t number) = 0;
};

}  // namespace saga::engine
