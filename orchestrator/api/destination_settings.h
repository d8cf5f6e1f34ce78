#pragma once

// What operators set for destinations, and by whom: kept in the store, so that it survives a
// restart, and told to the engine.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/engine/lane_settings.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/kv_store.h"

namespace saga::api {

inline constexpr char kDestinationCategory[] = "destination";

struct SetDestination {
  engine::DestinationSettings settings;
  std::string paused_by;   // actor, and why; empty: not paused
  std::string limited_by;  // likewise; empty: no limits are set

  bool operator==(const SetDestination&) const = default;
};

// Thread-safe. Changes wait for the disk and for those before them; reads answer from memory, which
// on a shared store is as old as the last FollowOthers.
class DestinationBook {
 public:
  // Called with what counts now, in the order of the changes, also by Load. Must only enqueue.
  using Apply =
      std::function<void(const std::string& destination, const engine::DestinationSettings&)>;

  // Both outlive this.
  DestinationBook(port::KvStore& records, port::Clock& clock, Apply apply)
      : records_(records), clock_(clock), apply_(std::move(apply)) {}

  // Reads what the store holds; once, before anything else. DataLoss names a record that is none.
  absl::Status Load();
  // Applies what operators set at other nodes, if they did; waits for the disk. Not ok: the store
  // does not answer, or has a record that is none, and what counts is what was before.
  absl::Status FollowOthers();

  // InvalidArgument: no destination. ResourceExhausted: kMaxLanes of them have settings.
  // Unavailable: the store does not answer, or another node changed it at the same moment; whether
  // it was done is not known, and what counts until somebody asks again is what was before.
  absl::Status Pause(const std::string& destination, const std::string& by);
  absl::Status Resume(const std::string& destination);
  // Zeros: as configured.
  absl::Status Limit(const std::string& destination, size_t in_flight, double rate,
                     const std::string& by);

  std::optional<SetDestination> Find(const std::string& destination) const;
  std::map<std::string, SetDestination> All() const;

 private:
  absl::Status Change(const std::string& destination,
                      const std::function<void(SetDestination&)>& change);
  absl::Status Write(const std::string& destination, const SetDestination& set,
                     const absl::StatusOr<port::KvRecord>& stored);
  absl::StatusOr<std::map<std::string, SetDestination>> ReadAll();
  void Keep(const std::string& destination, const SetDestination& set);

  port::KvStore& records_;
  port::Clock& clock_;
  const Apply apply_;
  // Held through a whole change, so that changes follow one another.
  absl::Mutex write_mutex_;
  std::string state_ ABSL_GUARDED_BY(write_mutex_);  // of the records, when they were last read
  mutable absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(write_mutex_);
  std::map<std::string, SetDestination> set_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace saga::api
