#pragma once

// A runner's requests that are about transactions of other nodes: on their way there, or waiting
// for a second look at who holds the transaction.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "orchestrator/engine/context.h"
#include "orchestrator/engine/peer_link.h"
#include "orchestrator/engine/slot.h"

namespace saga::engine {

// What can be forwarded.
using Forwarded = std::variant<Request, WaitRequest, ReplyArrived>;

// Belongs to the runner's strand.
class Forwarder {
 public:
  // `answered` hears of every end of a question; any thread, must only enqueue it for OnAnswer.
  using Answered = std::function<void(uint64_t number, PeerAnswer answer)>;

  Forwarder(EngineContext* context, Answered answered)
      : context_(context), answered_(std::move(answered)) {}

  // Asks the node at `address`, which held the transaction a moment ago.
  void Forward(Forwarded item, const std::string& address, base::Time now);
  // Nobody to ask: the transaction is looked at again soon, or `item` is told that this was in
  // vain.
  void LookAgain(Forwarded item, const std::string& why, base::Time now);
  void OnAnswer(uint64_t number, PeerAnswer answer, base::Time now);
  // Those whose second look has come.
  std::vector<Forwarded> TakeDue(base::Time now);
  base::Time Next() const { return later_.empty() ? base::kNever : later_.begin()->first; }
  // The caller of Engine::Wait went away. False: no such wait is here.
  bool Cancel(const std::string& gid, uint64_t wait_id);
  void AnswerAll();

 private:
  struct Out {
    Forwarded item;
    std::string address;
    base::Time asked;
  };

  void Ask(Forwarded item, const std::string& address, base::Time now);
  void Finish(Forwarded& item, Answer answer);
  // What comes after the holder's answer: the rest of a request that waits for more than that.
  void OnVerdict(Out out, Answer answer, base::Time now);

  EngineContext* const context_;
  const Answered answered_;
  absl::flat_hash_map<uint64_t, Out> out_;  // by the number of the question
  std::multimap<base::Time, Forwarded> later_;
};

// The answer to a request that was made before without our hearing of its end. A refusal may then
// only say that it was done: where the record shows that it was, this becomes kAlready; where it
// cannot be told, an error says so. Pure.
Answer AfterRepeat(const core::Event& event, Answer answer);

}  // namespace saga::engine
