#pragma once

// Putting messages into a log that others read (Kafka).

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "orchestrator/base/message.h"

namespace saga::port {

// Thread-safe.
class MessagePublisher {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  virtual ~MessagePublisher() = default;

  // Takes the message on and returns without waiting; false: too many are under way, nothing was
  // taken, try again later. `done` runs exactly once, on any thread: OK when the log has the
  // message durably (acks=all); anything else: it may or may not have it. While the log cannot be
  // reached messages wait inside. Messages of one topic and key are published in the order they
  // were taken, each once per taking.
  virtual bool Publish(const base::Message& message, Done done) = 0;

  // Whether a message published now would get through soon, as far as is known. Cheap.
  virtual bool Reachable() const = 0;
};

}  // namespace saga::port
