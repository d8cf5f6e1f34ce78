#pragma once

// Sessions of one database for those who read and write beside the store strand: few, opened when
// they are needed, and opened again when the database was away.

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/mysql/connection.h"
#include "orchestrator/mysql/failure.h"

namespace saga::adapter::mysql {

// How often a piece of work is begun again when the database said that nothing of it happened and
// that the same again will do (absl::StatusCode::kAborted): a deadlock, a conflict in a cluster.
inline constexpr int kMaxTries = 20;

inline const absl::Status& StatusIn(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusIn(const absl::StatusOr<T>& result) {
  return result.status();
}

// Runs `work(session)`, which returns a Status or StatusOr, on a session of `options` that is
// opened when it is not. What aborts is begun again, up to kMaxTries; a session that turned out to
// be dead is replaced once: the server closes those that were idle. So `work` only reads, or may be
// repeated. What it leaves open when it fails is rolled back.
template <typename Work>
auto RunOn(saga::mysql::Connection& session, const saga::mysql::Options& options, Work work)
    -> decltype(work(session)) {
  bool reconnected = false;
  for (int tries = 1;; ++tries) {
    if (!session.IsOpen()) {
      if (absl::Status opened = session.Open(options); !opened.ok()) return opened;
    }
    auto result = work(session);
    const absl::Status& status = StatusIn(result);
    if (status.ok()) return result;
    const bool lost = absl::IsUnavailable(status);
    // One of several that takes no writes any more may have handed over to another one.
    const bool refused = absl::IsFailedPrecondition(status) &&
                         saga::mysql::ErrorNumber(status) != 0 && !options.others.empty();
    if (lost || refused || !session.Run("ROLLBACK").ok()) session.Close();
    if (absl::IsAborted(status) && tries < kMaxTries) continue;
    if (lost && !std::exchange(reconnected, true)) continue;
    return result;
  }
}

// Thread-safe.
class SessionPool {
 public:
  explicit SessionPool(saga::mysql::Options options, size_t size = 4)
      : options_(std::move(options)), size_(size) {}

  // RunOn with a session that nobody else has; waits while all are busy.
  template <typename Work>
  auto With(Work work) -> decltype(work(std::declval<saga::mysql::Connection&>())) {
    std::unique_ptr<saga::mysql::Connection> session = Take();
    auto result = RunOn(*session, options_, std::move(work));
    Count(session->TakeStatements());
    Give(std::move(session));
    return result;
  }

  // As With, in one transaction of the database, committed when `work` returns ok. A commit of
  // which nobody knows whether it happened is Unavailable, and is not begun again.
  template <typename Work>
  absl::Status WithTransaction(Work work) {
    bool committing = false;
    return With([&](saga::mysql::Connection& session) {
      if (committing) return absl::UnavailableError("database: whether it was stored is not known");
      absl::Status done = session.Run("BEGIN");
      if (done.ok()) done = work(session);
      if (!done.ok()) return done;
      committing = true;
      done = session.Run("COMMIT");
      // A deadlock found at the commit (Galera) took everything back.
      if (absl::IsAborted(done)) committing = false;
      return done;
    });
  }

  // Statements that a session outside of the pool ran.
  void Count(uint64_t statements) { queries_ += statements; }
  // Statements run by all sessions.
  uint64_t Queries() const { return queries_.load(); }

 private:
  std::unique_ptr<saga::mysql::Connection> Take() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&RoomIn, this));
    if (free_.empty()) {
      ++made_;
      return std::make_unique<saga::mysql::Connection>();
    }
    std::unique_ptr<saga::mysql::Connection> session = std::move(free_.back());
    free_.pop_back();
    return session;
  }
  void Give(std::unique_ptr<saga::mysql::Connection> session) {
    absl::MutexLock lock(&mutex_);
    free_.push_back(std::move(session));
  }
  // Asked by the mutex itself, while it is held.
  static bool RoomIn(SessionPool* pool) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return !pool->free_.empty() || pool->made_ < pool->size_;
  }

  const saga::mysql::Options options_;
  const size_t size_;
  std::atomic<uint64_t> queries_{0};
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<saga::mysql::Connection>> free_ ABSL_GUARDED_BY(mutex_);
  size_t made_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace saga::adapter::mysql
