#pragma once

// The only part that talks to the transaction store. Group commit: while one batch is being made
// durable, the writes of all runners gather for the next. Also reads transactions that are not in
// memory, and claims those that have fallen due: at start, after an eviction, after a crash of
// whoever held them. That one claim is the whole of recovery.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"
#include "orchestrator/engine/context.h"
#include "orchestrator/engine/inbox.h"
#include "orchestrator/port/executor.h"
#include "orchestrator/port/transaction_store.h"

namespace saga::engine {

// What became of a transaction's write.
struct CommitResult {
  enum class Kind : uint8_t {
    kDone,
    kAlreadyThere,  // insert: `existing` is what is there
    kConflict,      // somebody else wrote: read it again
    kFailed,        // insert: nothing was stored, and that is final
    kRetrying,      // update: not stored yet, or not known; the committer keeps trying and reports
                    // again
  };

  std::string gid;
  Kind kind = Kind::kDone;
  core::GlobalTransaction existing;
  std::string error;
  // kAlreadyThere, kConflict: the write may have been stored all the same, before what is there
  // now.
  bool unsure = false;
};

// Where a runner hears from the committer. Called on the store strand; must only enqueue.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  virtual void OnCommitted(std::vector<CommitResult> results) = 0;
  // `holding` of an open record: whose it is from now on.
  virtual void OnLoaded(const std::string& gid, absl::StatusOr<core::GlobalTransaction> record,
                        port::Holding holding) = 0;
};

// Pointers inside `write` stay valid until OnCommitted reported anything but kRetrying.
struct PendingWrite {
  CommitListener* listener = nullptr;
  port::Write write;
};

// Thread safety: Add, Load, Release from any thread; Body is the store strand's body.
class Committer {
 public:
  // `claimed` gets every transaction claimed because it is due; on the store strand, must only
  // enqueue.
  using Claimed = std::function<void(core::GlobalTransaction)>;
  // `lost` gets what the store says this process has lost, before anything that the store said
  // later. On the store strand, must only enqueue.
  using Lost = std::function<void(std::vector<std::string> gids)>;

  Committer(EngineContext* context, Claimed claimed, Lost lost);

  void Bind(port::Strand* strand);
  void Body();

  void Add(std::vector<PendingWrite> writes);
  void Load(std::string gid, CommitListener* listener);
  // The runner let go of a waiting transaction that has to be looked at again at `wake`.
  void Release(std::string gid, base::Time wake);
  void Close() { inbox_.Close(); }

  bool Quiet() const { return unsettled_.load() == 0; }
  uint64_t Commits() const { return commits_.load(); }
  uint64_t Writes() const { return writes_.load(); }
  bool StoreOk() const { return store_ok_.load(); }

 private:
  struct Item {
    enum class Kind : uint8_t { kWrites, kLoad, kRelease };
    Kind kind = Kind::kWrites;
    std::vector<PendingWrite> writes;
    std::string gid;
    CommitListener* listener = nullptr;
    base::Time wake;
  };
  // A write whose commit may or may not have happened has to be looked up before it is tried again.
  struct Retry {
    PendingWrite pending;
    bool look_up = false;
  };

  void Gather();
  void TakeItems();
  void LoadNow(const Item& item);
  void RetryNow(base::Time now);
  // True: settled, `result` says how. False: to be tried again.
  bool LookUp(const PendingWrite& pending, CommitResult* result);
  bool ClaimAgain(const std::string& gid);
  void CommitBatch(std::vector<PendingWrite> batch);
  CommitResult Settle(const PendingWrite& pending, port::WriteResult&& result);
  void Report(std::vector<std::pair<CommitListener*, CommitResult>> results);
  void ClaimDue(base::Time now);
  void TellLost();
  void NoteStore(const absl::Status& status);

  EngineContext* const context_;
  const Claimed claimed_;
  const Lost lost_;
  Inbox<Item> inbox_;
  port::Strand* strand_ = nullptr;

  // Store strand only.
  std::vector<Item> items_;
  std::deque<PendingWrite> waiting_;
  std::deque<Retry> retries_;
  size_t last_batch_ = 0;  // writes of the body's last commit, 0: it made none
  base::Time retry_at_ = base::kNever;
  base::Time claim_at_;  // unset: at once, which is how a start recovers

  std::atomic<uint64_t> unsettled_{0};  // writes and loads taken on and not reported
  std::atomic<uint64_t> commits_{0};
  std::atomic<uint64_t> writes_{0};
  std::atomic<bool> store_ok_{true};
};

}  // namespace saga::engine
