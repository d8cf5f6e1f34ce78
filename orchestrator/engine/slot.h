#pragma once

// A transaction in memory, with everything a runner keeps about it.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/engine/engine.h"

namespace saga::engine {

// How a request came here, and what its way was so far.
struct Trail {
  bool from_peer = false;  // another node forwarded it: it goes no further
  // Another node was asked, and may have done it without our hearing of it.
  bool unsure = false;
  uint32_t looks = 0;        // in a row that led nowhere
  base::Time trouble_since;  // of the first of those
};

struct Request {
  std::string gid;
  core::Event event;
  WaitFor wait = WaitFor::kStored;
  Reply reply;
  Trail trail;
};

struct WaitRequest {
  std::string gid;
  WaitFor wait = WaitFor::kEnd;
  uint64_t id = 0;
  Reply reply;
  // kBranch: which op.
  std::string branch_id;
  core::Op op = core::Op::kAction;
  core::Verdict verdict = core::Verdict::kAccepted;  // of the request that it is the rest of
  Trail trail;
};

struct CallReturned {
  std::string gid;
  uint64_t slot_number = 0;
  uint32_t row = 0;
  uint32_t attempt = 0;
  base::Time started;
  port::BranchReply reply;
};

struct ReplyArrived {
  QueuedReply queued;
  Reply reply;
  Trail trail;
};

struct Inspection {
  std::string gid;
  absl::AnyInvocable<void(const Snapshot*)> done;
};

// What can wait until a slot is free again.
using SlotItem = std::variant<Request, WaitRequest, CallReturned, ReplyArrived, Inspection>;

struct Slot {
  // kLoading: nothing is known yet, the store is being asked. kCommitting: the record is at the
  // store and must not change. In both, items are put aside in order.
  enum class Phase : uint8_t { kLoading, kOpen, kCommitting };

  // A request whose answer is released when the commit under way is done.
  struct Held {
    Reply reply;
    WaitFor wait = WaitFor::kStored;
    core::Verdict verdict = core::Verdict::kAccepted;
    core::Event event;  // to step it again, should the record turn out to be another one
    int32_t row = -1;   // kBranch
    Trail trail;
  };
  struct Waiter {
    Reply reply;
    WaitFor wait = WaitFor::kEnd;
    uint64_t id = 0;  // 0: cannot be cancelled
    core::Verdict verdict = core::Verdict::kAccepted;
    int32_t row = -1;  // kBranch
    Trail trail;
  };
  // A row that its lane did not take; not offered again before `until`.
  struct Blocked {
    uint32_t row = 0;
    base::Time until;
  };

  explicit Slot(std::string gid, uint64_t number) : gid(std::move(gid)), number(number) {}

  bool Busy() const { return phase != Phase::kOpen; }
  bool InFlight(uint32_t row) const {
    return std::find(in_flight.begin(), in_flight.end(), row) != in_flight.end();
  }

  base::Time BlockedUntil(uint32_t row) const {
    for (const Blocked& one : blocked) {
      if (one.row == row) return one.until;
    }
    return {};
  }

  void MarkDirty(const std::vector<uint32_t>& rows) {
    for (const uint32_t row : rows) {
      const auto place = std::lower_bound(dirty_rows.begin(), dirty_rows.end(), row);
      if (place == dirty_rows.end() || *place != row) dirty_rows.insert(place, row);
    }
    dirty = true;
  }

  const std::string gid;
  const uint64_t number;  // unique in the runner; a reused gid gets another one
  Phase phase = Phase::kOpen;
  // Loading: it was this process's before, and may still be.
  bool reloading = false;
  core::GlobalTransaction transaction;

  // What the store does not have yet.
  bool dirty = false;
  std::vector<uint32_t> dirty_rows;
  std::vector<core::HistoryEntry> history;
  std::vector<core::Notice> notices;
  std::vector<base::Message> outbox;
  bool payload_edited = false;
  // What is on its way to the store (kCommitting).
  std::vector<uint32_t> writing_rows;
  std::vector<core::HistoryEntry> writing_history;
  std::vector<base::Message> writing_outbox;

  std::vector<Held> held;
  std::vector<Waiter> waiters;
  std::deque<SlotItem> aside;
  std::vector<uint32_t> in_flight;  // rows with a call out or in a lane's queue

  // What is out is not wanted any more: calls whose turn has not come are not made.
  void CallOff() {
    if (calls_off != nullptr) calls_off->store(true);
    calls_off = nullptr;
    in_flight.clear();
  }
  // Shared with its calls, made with the first one; set when it has ended.
  std::shared_ptr<std::atomic<bool>> calls_off;
  base::Time wake = base::kNever;  // as on the wake list
  std::vector<Blocked> blocked;
  int32_t last_row = -1;
  bool worked = false;  // a branch was called since it last rested
};

}  // namespace saga::engine
