#pragma once

// Takes messages from the outbox, where they were stored with their cause, to the log that others
// read. In the order of their commits; each at least once: after a crash what was published and not
// yet removed is published again. Costs nothing while the outbox is empty. A message that the log
// refuses holds up no other: a command is dropped, because its branch is tried again anyway when no
// reply comes; a copy of a dead letter that is too large goes without its payload; the rest is
// tried again.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "orchestrator/base/time.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/inbox.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/executor.h"
#include "orchestrator/port/message_publisher.h"
#include "orchestrator/port/outbox_store.h"

namespace saga::engine {

// Thread safety: Wake, Stats and Quiet from any thread; Body is the strand's.
class OutboxRelay {
 public:
  struct Ports {
    port::OutboxStore* store = nullptr;
    port::MessagePublisher* publisher = nullptr;
    port::Clock* clock = nullptr;
  };

  explicit OutboxRelay(const Ports& ports);

  void Bind(port::Strand* strand);
  void Body();
  // There is something new in the store.
  void Wake();
  // There may be something in the store that another process put there and left, behind what was
  // read already.
  void LookAgain();
  // What is under way is left to the next start. Before the strand is stopped.
  void Close() { confirmed_->Close(); }

  OutboxStats Stats() const;
  // Nothing is on its way, or nothing can be.
  bool Quiet() const;

 private:
  struct Confirmed {
    uint64_t id = 0;
    absl::Status status;
  };

  void TakeConfirmed();
  void TakeFailed(const Confirmed& item);
  // Sends those of in_flight_ once more, the oldest first; what was not taken stays in `ids`.
  void SendAgain(std::vector<uint64_t>& ids);
  void SendNew(base::Time now);
  // False: the publisher takes no more now.
  bool Send(const port::OutboxRecord& record);
  void Remove(base::Time now);

  const Ports ports_;
  // Outlives this where the publisher still holds a `done`.
  const std::shared_ptr<Inbox<Confirmed>> confirmed_;
  port::Strand* strand_ = nullptr;

  // Strand only.
  std::map<uint64_t, port::OutboxRecord> in_flight_;
  std::vector<uint64_t> again_;    // of in_flight_: publishing failed
  std::vector<uint64_t> refused_;  // of in_flight_: not by a log that is away, by one that is there
  base::Time refused_at_;          // when those are tried again
  std::vector<uint64_t> removed_;  // published, still in the store
  uint64_t last_id_ = 0;
  bool rewind_ = false;  // last_id_ is to be 0 as soon as nothing would be taken twice
  base::Time pause_until_;

  std::atomic<bool> more_{true};  // the store may hold records behind last_id_
  std::atomic<bool> look_again_{false};
  std::atomic<size_t> under_way_{0};
  std::atomic<uint64_t> published_{0};
  std::atomic<uint64_t> failed_{0};
};

}  // namespace saga::engine
