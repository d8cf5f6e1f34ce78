#pragma once

// The inside of MemoryLog.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/adapter/memory/memory_log.h"

namespace saga::adapter {

// Thread-safe. Outlives the log as long as a source or an acknowledgement does.
class MemoryLogState : public std::enable_shared_from_this<MemoryLogState> {
 public:
  using Done = port::MessagePublisher::Done;
  using Handler = port::MessageSource::Handler;

  explicit MemoryLogState(MemoryLogOptions options) : options_(std::move(options)) {}

  bool Publish(const base::Message& message, Done done) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Reachable() const ABSL_LOCKS_EXCLUDED(mutex_);
  void SetReachable(bool reachable) ABSL_LOCKS_EXCLUDED(mutex_);

  // A member's number, for Leave.
  uint64_t Join(std::vector<std::string> topics, const std::string& group, size_t max_unacked,
                Handler handler) ABSL_LOCKS_EXCLUDED(mutex_);
  // When it returns the member's handler is not running.
  void Leave(uint64_t member) ABSL_LOCKS_EXCLUDED(mutex_);

  size_t Choices() const ABSL_LOCKS_EXCLUDED(mutex_);
  bool Step(size_t choice) ABSL_LOCKS_EXCLUDED(mutex_);
  void Rewind(const std::string& group) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<base::Message> Messages(const std::string& topic) const ABSL_LOCKS_EXCLUDED(mutex_);
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using PartitionName = std::pair<std::string, int32_t>;

  struct Pending {
    base::Message message;
    Done done;
  };
  struct Written {
    base::Message message;
    base::Time time;
    uint64_t order = 0;  // among all of the log
  };
  struct Partition {
    std::deque<Pending> pending;
    std::vector<Written> written;
  };
  // A group's way through one partition.
  struct Cursor {
    uint64_t owner = 0;       // a member; 0: nobody
    uint64_t generation = 0;  // acknowledgements of earlier ones do not count
    int64_t committed = 0;
    int64_t position = 0;
    std::set<int64_t> acked;  // above `committed`
  };
  struct Member {
    std::vector<std::string> topics;
    std::string group;
    size_t max_unacked = 0;
    std::shared_ptr<const Handler> handler;
    size_t unacked = 0;
    int running = 0;  // calls of the handler
  };
  struct Write {
    PartitionName partition;
  };
  struct Deliver {
    std::string group;
    PartitionName partition;
  };
  using Choice = std::variant<Write, Deliver>;

  std::vector<Choice> List() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Do(const Write& write) ABSL_LOCKS_EXCLUDED(mutex_);
  void Do(const Deliver& deliver) ABSL_LOCKS_EXCLUDED(mutex_);
  void Acknowledge(const Deliver& delivered, uint64_t generation, int64_t offset)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Spread(const std::string& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveUp(Cursor& cursor) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddTopic(const std::string& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wake() const ABSL_LOCKS_EXCLUDED(mutex_);

  const MemoryLogOptions options_;
  mutable absl::Mutex mutex_;
  bool reachable_ ABSL_GUARDED_BY(mutex_) = true;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_order_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_member_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<PartitionName, Partition> partitions_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::map<PartitionName, Cursor>> groups_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, Member> members_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::adapter
