#pragma once

// Small records beside the transactions, each under a category and a key: the topics of two-phase
// messages today. Rare writes, each durable by itself (protocol 2.2, 2.4 and 7.1, table kv).

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "orchestrator/base/time.h"

namespace saga::port {

struct KvRecord {
  uint64_t id = 0;  // grows with every insert, never used again
  std::string category;
  std::string key;
  std::string value;
  uint64_t version = 0;  // 1 at insert, one more with every update
  base::Time create_time;
  base::Time update_time;

  bool operator==(const KvRecord&) const = default;
};

// Empty or 0: any.
struct KvFilter {
  std::string category;
  std::string key;
  uint64_t before_id = 0;  // only ids below this: the last id of the page before
  size_t limit = 100;
};

// Thread-safe. Every call may wait for the disk. What a call returned ok for is durable and seen by
// every call that begins afterwards. Unavailable: the store does not answer, nothing is known.
class KvStore {
 public:
  virtual ~KvStore() = default;

  // NotFound when there is none.
  virtual absl::StatusOr<KvRecord> FindKv(const std::string& category, const std::string& key) = 0;

  // Highest id first.
  virtual absl::StatusOr<std::vector<KvRecord>> ListKv(const KvFilter& filter) = 0;

  // A text that is another one after every change of the category's records: for who keeps them in
  // memory while other processes write.
  virtual absl::StatusOr<std::string> KvState(const std::string& category) {
    uint64_t count = 0;
    uint64_t newest = 0;
    uint64_t versions = 0;
    for (KvFilter filter{.category = category, .limit = 1000};;) {
      const absl::StatusOr<std::vector<KvRecord>> page = ListKv(filter);
      if (!page.ok()) return page.status();
      for (const KvRecord& record : *page) {
        newest = newest == 0 ? record.id : newest;
        ++count;
        versions += record.version;
      }
      if (page->size() < filter.limit) break;
      filter.before_id = page->back().id;
    }
    return std::to_string(count) + "/" + std::to_string(newest) + "/" + std::to_string(versions);
  }

  // AlreadyExists when the key is taken.
  virtual absl::Status CreateKv(const std::string& category, const std::string& key,
                                const std::string& value, base::Time now) = 0;

  // Replaces the value if the stored version is still `version`; NotFound otherwise, also when the
  // key is gone.
  virtual absl::Status UpdateKv(const std::string& category, const std::string& key,
                                const std::string& value, uint64_t version, base::Time now) = 0;

  // NotFound when there is none.
  virtual absl::Status DeleteKv(const std::string& category, const std::string& key) = 0;
};

}  // namespace saga::port
