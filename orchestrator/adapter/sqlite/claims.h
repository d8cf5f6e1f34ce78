#pragma once

// Which open transactions this process holds, and which one that nobody holds is due next. Held
// ones are known only here: a file has one owner (owner_lock.h), so when the process is gone nobody
// holds anything.
//
// Looking for what is due walks the index of open transactions by next_wake and skips held ones. As
// nearly all of those are held and due (what a store keeps as next_wake is "now" while calls are
// out), the walk starts at a floor below which everything is known to be held, and usually ends at
// its first step, or needs no query at all.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "orchestrator/adapter/sqlite/connection.h"
#include "orchestrator/base/time.h"

namespace saga::adapter::sqlite {

// What is remembered of a held transaction, so that writing it needs no look-up.
struct Held {
  int64_t id = 0;
  base::Time next_wake;      // as stored
  int64_t next_history = 0;  // number of the next history entry; kUnknownHistory: ask the table
};
inline constexpr int64_t kUnknownHistory = -1;

// Thread safety: none.
class Claims {
 public:
  int Prepare(const Connection* connection, std::string path,
              std::shared_ptr<std::atomic<uint64_t>> queries);

  // Null when it is not held.
  Held* Find(const std::string& gid);
  void Hold(const std::string& gid, const Held& held);
  // Looks `gid` up and holds it. False: there is none, it has ended, or the store does not answer.
  bool HoldOpen(const std::string& gid);
  // It ended: nobody asks for it any more.
  void Forget(const std::string& gid);
  // It is open and free for the next ClaimDue.
  void Release(const std::string& gid);
  // An insert of `gid` may or may not have been stored. It counts as held until it turns out which.
  void HoldUnsure(const std::string& gid);
  // A transaction that is not held was written and has this next_wake now (kNever: it may have
  // ended).
  void NoteFreeWrite(base::Time next_wake);

  // Ids of up to `limit` free transactions that are due at `now`, the longest due first. They stay
  // free until Hold.
  absl::StatusOr<std::vector<int64_t>> Due(base::Time now, size_t limit);
  // A due one that cannot be read: passed over from now on, so that it does not stand in the way of
  // the others.
  void PassOver(int64_t id) { ids_.insert(id); }

  // The earliest next_wake of a free transaction.
  absl::StatusOr<base::Time> NextDue();

 private:
  // Holds `gid` when it is there and open.
  absl::Status LookUp(const std::string& gid);
  absl::Status Settle();
  void LowerFloor(base::Time next_wake, bool exact);

  const Connection* connection_ = nullptr;
  std::string path_;
  std::shared_ptr<std::atomic<uint64_t>> queries_;
  Statement scan_;
  Statement find_;
  absl::flat_hash_map<std::string, Held> held_;
  absl::flat_hash_set<int64_t> ids_;
  std::vector<std::string> unsure_;
  // No free open transaction has a next_wake below this.
  base::Time floor_{INT64_MIN};
  // ... and one has exactly this, or none is due ever (kNever).
  bool floor_is_exact_ = false;
};

}  // namespace saga::adapter::sqlite
