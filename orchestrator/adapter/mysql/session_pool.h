#pragma once

// Sessions of one database for those who read and write beside the store strand: few, opened when
// they are needed, and opened again when the database was away.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/mysql/connection.h"

namespace saga::adapter::mysql {

// How often a piece of work is begun again when the database said that nothing of it happened and
// that the same again will do (absl::StatusCode::kAborted): a deadlock, a conflict in a cluster.
inline constexpr int kMaxTries = 20;

// Thread-safe.
class SessionPool {
 public:
  explicit SessionPool(saga::mysql::Options options, size_t size = 4)
      : options_(std::move(options)), size_(size) {}

  // Runs `work(saga::mysql::Connection&)`, which returns a Status or StatusOr, on a session that
  // nobody else has; waits while all are busy. What it aborts with (kMaxTries) is begun again, and
  // a session that turned out to be dead is replaced once, if `work` only reads or repeats safely.
  // Whatever transaction `work` leaves open is rolled back.
  template <typename Work>
  auto With(Work work) -> decltype(work(std::declval<saga::mysql::Connection&>())) {
    std::unique_ptr<saga::mysql::Connection> session = Take();
    int reconnects = 0;
    for (int tries = 1;; ++tries) {
      if (!session->IsOpen()) {
        if (absl::Status opened = session->Open(options_); !opened.ok()) {
          Give(std::move(session));
          return opened;
        }
      }
      auto result = work(*session);
      const absl::Status status = StatusOf(result);
      queries_ += session->TakeStatements();
      if (!status.ok() && !session->Run("ROLLBACK").ok()) session->Close();
      const bool again = (absl::IsAborted(status) && tries < kMaxTries) ||
                         (absl::IsUnavailable(status) && reconnects++ == 0);
      if (absl::IsUnavailable(status)) session->Close();
      if (again) continue;
      Give(std::move(session));
      return result;
    }
  }

  // As With, in one transaction of the database, committed when `work` returns ok. A commit of
  // which nobody knows whether it happened is Unavailable, and is not begun again.
  template <typename Work>
  absl::Status WithTransaction(Work work) {
    bool committing = false;
    const absl::Status status = With([&](saga::mysql::Connection& session) {
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
    return status;
  }

  // Statements that a session outside of the pool ran.
  void Count(uint64_t statements) { queries_ += statements; }
  // Statements run by all sessions.
  uint64_t Queries() const { return queries_.load(); }

 private:
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <typename T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

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
