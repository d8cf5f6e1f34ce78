#pragma once

// Topics of two-phase messages: a name, and the receivers to whom a message sent to it goes
// (protocol 1.4, 2.4 and 5.5). What is subscribed or deleted counts for every message that comes
// afterwards, through whatever door (protocol 11.1 #12 is not copied).

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/api/topic_record.h"
#include "orchestrator/port/clock.h"
#include "orchestrator/port/kv_store.h"

namespace saga::api {

// Thread-safe. The store is the truth. What it holds is kept in memory as well, which is exact as
// long as this process is the only one that writes; on a shared store it is as old as the last
// FollowOthers.
class Topics {
 public:
  // Both outlive this.
  Topics(port::KvStore& records, port::Clock& clock) : records_(records), clock_(clock) {}

  // Reads what the store holds; once, before anything else. A record that is no list of receivers
  // does not fail it, only the messages to that topic.
  absl::Status Load();
  // Reads again what other nodes changed, if they did; waits for the disk. Not ok: the store does
  // not answer, and memory is as it was.
  absl::Status FollowOthers();

  // Changes. Each waits for the disk and for those before it, so that of many at once every one is
  // carried out as if it were alone. Errors have the protocol's texts, and these codes:
  //   InvalidArgument     a limit of core/limits.h (kMaxTopicLength, kMaxTargetLength,
  //                       kMaxRemarkLength, kMaxReceivers, kMaxTopics, kMaxTopicsSize), a control
  //                       character, bytes that are not UTF-8, or a url that nobody can call
  //   Unavailable         the store does not answer; whether it was done is not known
  //   any other           `empty topic`, `empty url`, `this url exists`, `no such a topic`, `this
  //                       topic is empty`, `no such an url `, `storage: NotFound`, `storage:
  //                       UniqueKeyConflict`; the last two also when somebody else changed the file

  // The first subscriber makes the topic. `url` is http://, https:// or host:port/package.Service/
  // Method; `remark` is for people.
  absl::Status Subscribe(const std::string& topic, const std::string& url,
                         const std::string& remark);
  // The topic stays when it has no receivers left.
  absl::Status Unsubscribe(const std::string& topic, const std::string& url);
  absl::Status Delete(const std::string& topic);

  // The urls in the order of subscription, at least one; they never change. NotFound: there is no
  // such topic, or nobody subscribed to it. Answers from memory. Only when the store failed in the
  // middle of a change of this topic does it wait for the disk, to find out what became of that;
  // Unavailable or DataLoss when it cannot.
  using Urls = std::shared_ptr<const std::vector<std::string>>;
  absl::StatusOr<Urls> Receivers(const std::string& topic);

 private:
  struct Known {
    Urls urls;
    size_t size = 0;        // of name and value, in bytes
    absl::Status readable;  // not ok: what the store holds is not known
  };
  static Known KnownOf(const port::KvRecord& record);

  using AllKnown = std::map<std::string, Known>;
  absl::StatusOr<AllKnown> ReadAll();
  void KeepAll(AllKnown all);
  // The record of `topic` as it is stored, with its receivers; nullopt: there is none.
  struct Stored {
    uint64_t version = 0;
    ReceiverList receivers;
  };
  absl::StatusOr<std::optional<Stored>> Read(const std::string& topic);
  // Stores `receivers`; without `before` as a new record.
  absl::Status Write(const std::string& topic, const std::optional<Stored>& before,
                     const ReceiverList& receivers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  // Makes memory say what the store says, whatever became of the last change.
  void Refresh(const std::string& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  void Keep(const std::string& topic, std::optional<Known> known);
  std::optional<Known> Look(const std::string& topic);
  // Whether the record of `topic` may have `size` bytes.
  absl::Status CheckRoom(const std::string& topic, size_t size);

  port::KvStore& records_;
  port::Clock& clock_;
  // Held through a whole change, so that changes follow one another.
  absl::Mutex write_mutex_;
  std::string state_ ABSL_GUARDED_BY(write_mutex_);  // of the records, when they were last read
  absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(write_mutex_);
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;  // of all that is known
};

}  // namespace saga::api
