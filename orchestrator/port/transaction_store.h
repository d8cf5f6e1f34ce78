#pragma once

// Where transactions are kept. One contract suite (tests/contract) runs on every implementation.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/transaction.h"
#include "orchestrator/base/message.h"

namespace saga::port {

// One transaction's part of a batch. The pointers stay valid during Commit.
struct Write {
  enum class Kind : uint8_t { kInsert, kUpdate };

  Kind kind = Kind::kInsert;
  // The whole record as it is to be. `version` is the new one: 1 for an insert, stored version + 1
  // for an update.
  const core::GlobalTransaction* transaction = nullptr;
  // Update: rows that differ from the stored record or are new, as indexes into
  // transaction->branches, ascending. Rows never disappear. Insert: not read, all rows are new.
  const std::vector<uint32_t>* changed_rows = nullptr;
  // Appended to what is there; at most core::kMaxHistory are kept of a transaction, the oldest two
  // thirds of the excess may go first.
  const std::vector<core::HistoryEntry>* history = nullptr;
  // When the transaction has to be looked at again without being asked (core::NextWake); kNever for
  // an ended one.
  base::Time next_wake = base::kNever;
  // Update: the payloads of `changed_rows` may differ from the stored ones (an operator edited
  // one).
  bool payloads_changed = false;
  // Messages that go into the outbox with this commit, in this order; null: none.
  const std::vector<base::Message>* outbox = nullptr;
};

struct WriteResult {
  enum class Kind : uint8_t {
    kDone,
    kAlreadyThere,  // insert: the gid exists. `existing` is its record.
    kConflict,      // update: the stored version is not `version - 1`, the gid does not exist, or
                    // another node holds it
    kFailed,        // nothing of this write was stored; `error` says why
    kUnknown,       // it may or may not have been stored: load and compare the version
  };

  Kind kind = Kind::kDone;
  core::GlobalTransaction existing;
  std::string error;
};

// Whose an open transaction is. Where processes share a store, each is a node of it: it holds what
// it works on under a lease, and every write checks that the writer is the holder.
struct Holding {
  enum class Kind : uint8_t {
    kOurs,
    kElsewhere,  // another node holds it, and its lease has not run out
    kNobodys,    // it is not there, has ended, or the store does not answer
  };

  Kind kind = Kind::kNobodys;
  std::string address;  // kElsewhere: where that node listens for others; empty: not known

  bool Ours() const { return kind == Kind::kOurs; }
};

// Thread safety: HeldUntil from any thread; everything else from one thread at a time (the engine's
// store strand). core::GlobalTransaction records read back compare equal to what was written.
class TransactionStore {
 public:
  virtual ~TransactionStore() = default;

  // Stores the writes of a batch, at most one per gid, and returns a result for each, in order.
  // Durable when it returns. Writes that cannot be done do not harm the others of the batch.
  virtual std::vector<WriteResult> Commit(const std::vector<Write>& batch) = 0;

  // The record of `gid`; NotFound when there is none; another error when the store does not answer.
  virtual absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) = 0;

  // Takes up to `limit` open transactions whose next_wake is at or before `now` and that nobody
  // holds, the longest due first, and holds them for this process: no other ClaimDue returns them
  // until they are released, ended, or this process is gone. Inserting a transaction holds it too.
  virtual absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                        size_t limit) = 0;

  // Holds `gid` for this process, if it is open and nobody holds it.
  virtual Holding Claim(const std::string& gid) = 0;

  // Gives back a held transaction.
  virtual void Release(const std::string& gid) = 0;

  // When to ask ClaimDue again: the earliest next_wake of the open transactions that nobody holds;
  // kNever when there are none. A store that others share may name an earlier time, to look at what
  // they left.
  virtual absl::StatusOr<base::Time> NextDue() = 0;

  // Before this time (of port::Clock) nobody else can hold what this process holds; afterwards it
  // calls no branch until the time has moved on. kNever: always so. Any thread.
  virtual base::Time HeldUntil() const { return base::kNever; }

  // What this process held and lost with its lease: another node may have it, and what is in memory
  // of it counts no more. Each gid once. HeldUntil stays in the past until they were taken.
  virtual std::vector<std::string> TakeLost() { return {}; }

  // This process goes: what it holds is anybody's from now on, and it writes nothing any more.
  virtual void Leave() {}

  // Ok when the store would take a write now. Cheap; for readiness.
  virtual absl::Status Ping() = 0;

  // "sqlite", "memory".
  virtual std::string Name() const = 0;
};

}  // namespace saga::port
