#pragma once

// This process as a node of the database: its row in sagad_node, whose id is the fencing token, and
// its lease.
//
// The lease is measured twice. In the database, by the database's clock, which every node shares:
// when it has run out any node may declare this one gone (Look), and from then on the UPDATE that
// every commit begins with (Renew) finds no row. And here, by our own clock from before the renewal
// was sent: HeldUntil is always earlier.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/mysql/session_pool.h"
#include "orchestrator/base/time.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

// "now" by the clock of the database, in microseconds.
inline constexpr char kDatabaseNow[] = "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)";

// Thread-safe.
class NodeLease {
 public:
  struct Options {
    std::string name;
    std::string address;
    std::string version;
    base::Duration lease;
  };

  NodeLease(Options options, std::shared_ptr<SessionPool> pool);

  // As a new node, with a new id. Unavailable: the database does not answer.
  absl::Status Join();
  // What others dial. A node of the same name at the same address is declared gone.
  absl::Status Announce(const std::string& address);

  int64_t id() const { return id_.load(); }

  // Part of a transaction on `session`: true when this node is alive, and its lease is longer once
  // the transaction is committed (Renewed tells of that). False: it was declared gone.
  absl::StatusOr<bool> Renew(saga::mysql::Connection& session) const;
  // A renewal that was sent at `sent` is committed.
  void Renewed(base::Time sent);
  static base::Time Now();

  // In the past when the lease has run out.
  base::Time HeldUntil() const { return base::Time{held_until_.load()}; }
  // How long others may be without news: when to look again.
  base::Duration Period() const;

  // What everything answers that needs the lease when it has run out: Join again (Cancelled).
  static absl::Status RunOut();

  // Renews the lease if it is time to. With `look`, for one thread only, it also takes the work of
  // nodes whose lease ran out from them: what they held is anybody's, what they had to publish is
  // ours. Unavailable, or RunOut.
  absl::Status Keep(bool look);

  // Declares `node` gone if its lease has run out. True: it is gone. False: it lives, and
  // `*address` is where.
  absl::StatusOr<bool> IsGone(int64_t node, std::string* address);

  // Gives back everything and says so.
  void Leave();

 private:
  absl::Status KeepAlive();
  absl::Status LookAtOthers();
  // What a gone node leaves behind.
  absl::Status Inherit(int64_t node);
  absl::Status FreeAll(int64_t node);

  const Options options_;
  const std::shared_ptr<SessionPool> pool_;
  std::atomic<int64_t> id_{0};
  std::atomic<int64_t> held_until_{0};
  absl::Mutex mutex_;
  std::string address_ ABSL_GUARDED_BY(mutex_);
  base::Time renewed_ ABSL_GUARDED_BY(mutex_);
  base::Time looked_ ABSL_GUARDED_BY(mutex_);
  // Gone nodes of which nothing is left.
  absl::flat_hash_set<int64_t> buried_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::adapter::mysql
