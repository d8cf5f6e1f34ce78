#pragma once

// Replies to commands that went out over the fallback, as they come from the log: each is given to
// its transaction and acknowledged when what it says is stored. What cannot be understood, or is
// about nothing that is known here, is parked with its reason and then acknowledged: nothing is
// lost and nothing stands in the way of the replies behind it.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/inbox.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/executor.h"
#include "orchestrator/port/message_source.h"
#include "orchestrator/port/outbox_store.h"

namespace saga::engine {

struct ReplyIntakeOptions {
  std::string dead_letter_topic;  // for copies of what is parked; empty: none
  std::string group;              // the consumer group, for those copies
  std::string source;             // their ce_source
};

// Thread safety: Start and Stop from one thread; the source hands messages in on its own.
class ReplyIntake {
 public:
  struct Ports {
    Engine* engine = nullptr;
    port::MessageSource* source = nullptr;
    port::OutboxStore* store = nullptr;
    port::Clock* clock = nullptr;
    port::Executor* executor = nullptr;
  };
  // Runs after something was parked: there is something new in the outbox, and somebody should
  // know. Any thread, must only enqueue.
  using Parked = std::function<void(const std::string& reason)>;

  ReplyIntake(ReplyIntakeOptions options, const Ports& ports, Parked parked);
  ~ReplyIntake();  // Stop

  ReplyIntake(const ReplyIntake&) = delete;
  ReplyIntake& operator=(const ReplyIntake&) = delete;

  void Start();
  // Takes nothing more. What was not acknowledged comes again. Before Engine::Stop.
  void Stop();

 private:
  struct Item {
    port::Received received;
    absl::AnyInvocable<void()> ack;
    std::string refusal;  // why it is to be parked; empty: it is to be given to the engine
    bool again = false;   // the engine could not take it
  };

  void Body();
  void Give(Item item);
  void ParkRefused(base::Time now);
  // False: the store does not answer.
  bool Park(const Item& item);

  const ReplyIntakeOptions options_;
  const Ports ports_;
  const Parked parked_;
  const std::shared_ptr<Inbox<Item>> inbox_;  // replies of the engine keep it alive
  std::unique_ptr<port::Strand> strand_;
  bool stopped_ = false;

  // Strand only. Kept apart, so that what cannot be parked holds up no reply.
  std::deque<Item> refused_;
  std::vector<Item> again_;
  base::Time pause_until_;  // before what the store did not take is tried again
};

}  // namespace saga::engine
