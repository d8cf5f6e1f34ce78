#pragma once

// Taking messages from a log (Kafka), each at least once, acknowledged by hand.

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "orchestrator/base/message.h"

namespace saga::port {

struct Received {
  base::Message message;
  int32_t partition = 0;
  int64_t offset = 0;
  base::Time time;  // the log's
};

// Thread-safe.
class MessageSource {
 public:
  // Runs once for each message, on a thread of the source, which waits for it to return. `ack` runs
  // exactly once, any time later, on any thread: what the message asked for is stored. A message
  // that is not acknowledged before the process ends comes again; so may one that was.
  using Handler = std::function<void(Received received, absl::AnyInvocable<void()> ack)>;

  virtual ~MessageSource() = default;

  // Begins to take messages. Once. Never fails: while the log cannot be reached, none come.
  virtual void Start(Handler handler) = 0;

  // After this returns the handler is not running and never runs again. Acknowledgements that came
  // before are told to the log if it can be reached.
  virtual void Stop() = 0;
};

}  // namespace saga::port
