#pragma once

// Records in memory, with switches that make the store fail or keep it busy.

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/memory/memory_kv.h"
#include "orchestrator/port/kv_store.h"

namespace saga::api {

// Thread-safe.
class SwitchableKv final : public port::KvStore {
 public:
  enum class Broken {
    kNot,
    kAll,          // no call does anything
    kWritesAfter,  // writes are done, but told to have failed; reads fail
    kReads,        // only reads fail
  };
  void Break(Broken broken) ABSL_LOCKS_EXCLUDED(mutex_);

  // From here on every call waits for Release.
  void Hold() ABSL_LOCKS_EXCLUDED(mutex_);
  void Release() ABSL_LOCKS_EXCLUDED(mutex_);
  // Until a call waits, at most 20 s. Whether one does.
  bool WaitUntilHeld() ABSL_LOCKS_EXCLUDED(mutex_);

  // What is really stored.
  adapter::MemoryKv& records() { return records_; }

  absl::StatusOr<port::KvRecord> FindKv(const std::string& category,
                                        const std::string& key) override;
  absl::StatusOr<std::vector<port::KvRecord>> ListKv(const port::KvFilter& filter) override;
  absl::Status CreateKv(const std::string& category, const std::string& key,
                        const std::string& value, base::Time now) override;
  absl::Status UpdateKv(const std::string& category, const std::string& key,
                        const std::string& value, uint64_t version, base::Time now) override;
  absl::Status DeleteKv(const std::string& category, const std::string& key) override;

 private:
  // Waits while held. How it is broken.
  Broken Enter() ABSL_LOCKS_EXCLUDED(mutex_);
  template <typename Change>
  absl::Status Write(Change change);

  adapter::MemoryKv records_;
  absl::Mutex mutex_;
  Broken broken_ ABSL_GUARDED_BY(mutex_) = Broken::kNot;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace saga::api
