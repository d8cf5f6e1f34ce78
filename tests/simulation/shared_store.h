#pragma once

// A store that several processes share, without a disk: leases, fencing tokens, takeover, as
// port/transaction_store.h promises them, over one MemoryStore. Deterministic, and a value that
// outlives its nodes.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/memory/memory_jobs.h"
#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/node_list.h"

namespace saga::simulation {

// Thread-safe, as are its nodes.
class SharedStore {
 public:
  class Node;

  SharedStore(port::Clock* clock, base::Duration lease) : clock_(clock), lease_(lease) {}

  // A new process. The store outlives it; destroying it is a kill, unless it left.
  std::unique_ptr<Node> Join(const std::string& name, const std::string& address);

  // What is stored, whoever holds it. To be read only.
  adapter::MemoryStore& disk() { return disk_; }
  adapter::MemoryKv& kv() { return kv_; }
  // Writes by a node that had lost its lease, all of them refused.
  uint64_t FencedWrites() const;
  // Nodes whose lease ran out, as others noticed.
  uint64_t Takeovers() const;

 private:
  uint64_t NewToken(const std::string& name, const std::string& address)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Live(uint64_t token) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whoever let its lease run out is gone, and what it held is free; but not `asking` itself.
  void Reap(uint64_t asking) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Bury(uint64_t token) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  port::Clock* const clock_;
  const base::Duration lease_;
  adapter::MemoryStore disk_;
  adapter::MemoryKv kv_;
  adapter::MemoryJobs jobs_;

  mutable absl::Mutex mutex_;
  std::map<uint64_t, port::NodeView> nodes_ ABSL_GUARDED_BY(mutex_);  // by token
  std::map<std::string, uint64_t> holders_ ABSL_GUARDED_BY(mutex_);   // by gid
  std::map<uint64_t, uint64_t> publishers_ ABSL_GUARDED_BY(mutex_);   // of outbox records, by id
  std::map<std::string, uint64_t> runners_ ABSL_GUARDED_BY(mutex_);   // of jobs, by token
  uint64_t fenced_writes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t takeovers_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One process's side of it.
class SharedStore::Node final : public port::TransactionStore, public port::NodeList {
 public:
  Node(SharedStore* shared, std::string name, std::string address);

  port::OutboxStore& outbox() { return outbox_; }
  port::JobStore& jobs() { return jobs_; }

  // port::TransactionStore
  std::vector<port::WriteResult> Commit(const std::vector<port::Write>& batch) override;
  absl::StatusOr<core::GlobalTransaction> Load(const std::string& gid) override;
  absl::StatusOr<std::vector<core::GlobalTransaction>> ClaimDue(base::Time now,
                                                                size_t limit) override;
  port::Holding Claim(const std::string& gid) override;
  void Release(const std::string& gid) override;
  absl::StatusOr<base::Time> NextDue() override;
  base::Time HeldUntil() const override;
  std::vector<std::string> TakeLost() override;
  void Leave() override;
  absl::Status Ping() override { return absl::OkStatus(); }
  std::string Name() const override { return "shared"; }

  // port::NodeList
  absl::StatusOr<std::vector<port::NodeView>> ListNodes() override;
  absl::StatusOr<uint64_t> HolderOf(const std::string& gid) override;

 private:
  // Its own messages, and those of nodes that are gone.
  class Outbox final : public port::OutboxStore {
   public:
    explicit Outbox(Node* node) : node_(node) {}
    absl::StatusOr<std::vector<port::OutboxRecord>> ReadOutbox(uint64_t after_id,
                                                               size_t limit) override;
    absl::Status RemoveOutbox(const std::vector<uint64_t>& ids) override;
    absl::StatusOr<port::OutboxCounts> CountOutbox() override;
    absl::Status Park(const port::ParkedMessage& parked, const base::Message& copy) override;
    absl::StatusOr<std::vector<port::ParkedMessage>> ListParked(uint64_t before_id,
                                                                size_t limit) override;
    absl::Status DeleteParked(uint64_t id) override;

   private:
    Node* const node_;
  };

  class Jobs final : public port::JobStore {
   public:
    explicit Jobs(Node* node) : node_(node) {}
    absl::Status CreateJob(const port::Job& job, const std::vector<port::JobItem>& items) override;
    absl::Status UpdateJob(const port::Job& job) override;
    absl::Status UpdateItems(const std::string& token,
                             const std::vector<port::JobItem>& items) override;
    absl::StatusOr<port::Job> FindJob(const std::string& token) override;
    absl::StatusOr<port::JobCounts> CountItems(const std::string& token) override;
    absl::StatusOr<std::vector<port::JobItem>> ListItems(
        const std::string& token, uint32_t from, size_t limit,
        std::optional<port::ItemState> state) override;
    absl::StatusOr<std::vector<port::Job>> ListJobs(size_t limit) override;
    absl::StatusOr<std::vector<port::Job>> ClaimJobs() override;
    absl::Status StopJob(const std::string& token, const std::string& stop_reason) override;
    absl::Status ExpireJobs(base::Time before, base::Time ended_before) override;

   private:
    bool Mine(const std::string& token) const;

    Node* const node_;
  };

  // Renews the lease. False: it had been lost, or the process left; what it held is in lost_, and
  // it has joined anew if it can.
  bool Enter();
  port::WriteResult Write(const port::Write& write);
  void Hold(const std::string& gid);

  SharedStore* const shared_;
  const std::string name_;
  const std::string address_;
  Outbox outbox_{this};
  Jobs jobs_{this};
  // Under shared_->mutex_, all of them.
  uint64_t token_ = 0;
  bool left_ = false;
  base::Time held_until_;
  std::set<std::string> held_;
  std::set<std::string> lost_;
};

}  // namespace saga::simulation
