#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/kv_store.h"

namespace saga::adapter {

// Small records without a disk. Thread-safe, never waits, never fails.
class MemoryKv final : public port::KvStore {
 public:
  absl::StatusOr<port::KvRecord> FindKv(const std::string& category,
                                        const std::string& key) override;
  absl::StatusOr<std::vector<port::KvRecord>> ListKv(const port::KvFilter& filter) override;
  absl::Status CreateKv(const std::string& category, const std::string& key,
                        const std::string& value, base::Time now) override;
  absl::Status UpdateKv(const std::string& category, const std::string& key,
                        const std::string& value, uint64_t version, base::Time now) override;
  absl::Status DeleteKv(const std::string& category, const std::string& key) override;

 private:
  absl::Mutex mutex_;
  std::map<uint64_t, port::KvRecord> records_ ABSL_GUARDED_BY(mutex_);  // by id
  std::map<std::pair<std::string, std::string>, uint64_t> ids_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace saga::adapter
