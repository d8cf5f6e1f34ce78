#pragma once

// What a source handed out, and the acknowledgements that are still owed.

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/port/message_source.h"

namespace saga::contract {

// The text in a message of the tests: "key/number".
std::string TextOf(const base::Message& message);

// Thread-safe.
class Inbox {
 public:
  enum class Acks { kAtOnce, kByHand };

  explicit Inbox(Acks acks) : acks_(acks) {}

  port::MessageSource::Handler Handler();

  size_t Count() const;
  std::vector<port::Received> All() const;
  // The texts of everything, per key, in the order of arrival.
  std::map<std::string, std::vector<std::string>> ByKey() const;
  // Highest number of messages that were not acknowledged at one time.
  size_t MostOpen() const;

  // Acknowledges the one that came i-th. Once for each.
  void Ack(size_t i);
  void AckAll();
  // Takes the acknowledgements away, to be made by somebody else.
  std::vector<absl::AnyInvocable<void()>> TakeAcks();

 private:
  void Take(port::Received received, absl::AnyInvocable<void()> ack);

  const Acks acks_;
  mutable absl::Mutex mutex_;
  std::vector<port::Received> received_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::AnyInvocable<void()>> owed_ ABSL_GUARDED_BY(mutex_);
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t most_open_ ABSL_GUARDED_BY(mutex_) = 0;
};

// How publishing went. Thread-safe.
class Outcomes {
 public:
  // The `done` of one more message.
  absl::AnyInvocable<void(absl::Status)> Next();

  size_t Started() const;
  size_t Finished() const;
  // Not OK, or told more than once.
  std::vector<std::string> Problems() const;
  std::vector<absl::Status> All() const;

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::vector<absl::Status>> told_ ABSL_GUARDED_BY(mutex_);
  size_t finished_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace saga::contract
