#pragma once

// A log like Kafka's, in memory and without threads: for tests and the simulation. Nothing happens
// by itself. What could happen next (the oldest message of a partition is written, a member of a
// group gets its next message) are choices, and Step makes one of them come true, so that a test
// that chooses from a seed sees the same run again.
//
//   MemoryLog log({.partitions = 4});
//   auto source = log.NewSource({"saga.reply"}, "sagad");
//   source->Start(...);
//   log.publisher().Publish(message, done);
//   log.RunUntilIdle();   // done(OK), then the handler with the message

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"
#include "orchestrator/port/message_publisher.h"
#include "orchestrator/port/message_source.h"

namespace saga::adapter {

class MemoryLogState;

struct MemoryLogOptions {
  int partitions = 1;              // of every topic
  int64_t max_in_flight = 10'000;  // messages taken and not done; more are refused
  // The topics there are; to others nothing can be published. Empty: every topic.
  std::vector<std::string> topics;
  // Runs, on the thread that caused it, when there may be something to Step; may be null.
  std::function<void()> wake;
  std::function<base::Time()> now;  // of Received::time; null: unset
};

// Thread-safe. Callbacks (done, handlers, wake) run on the thread that calls Step, Publish, ack,
// ..., with no lock held.
class MemoryLog {
 public:
  explicit MemoryLog(MemoryLogOptions options = {});
  // What is not written yet is done with Cancelled. Sources may live longer; nothing comes any
  // more.
  ~MemoryLog();

  MemoryLog(const MemoryLog&) = delete;
  MemoryLog& operator=(const MemoryLog&) = delete;

  // Lives as long as the log.
  port::MessagePublisher& publisher() { return *publisher_; }

  // A member of a consumer group. The partitions of the topics are spread over the members that are
  // started; `max_unacked` bounds the messages that one of them holds.
  std::unique_ptr<port::MessageSource> NewSource(std::vector<std::string> topics, std::string group,
                                                 size_t max_unacked = 1000);

  // How many things could happen next. 0: idle.
  size_t Choices() const;
  // The choice-th of them (modulo their number) happens. False: there is none.
  bool Step(size_t choice = 0);
  // Steps, always the first choice, until idle; how many steps that were. Handlers that keep
  // publishing keep it running.
  size_t RunUntilIdle();

  // The broker goes, and comes back: in between nothing happens, and what is published waits.
  void SetReachable(bool reachable);

  // As after a lost session: every message of the group that is not acknowledged, and those behind
  // it, come once more. Acknowledgements of what was handed out before are of no use any more.
  void Rewind(const std::string& group);

  // All of a topic, in the order written.
  std::vector<base::Message> Messages(const std::string& topic) const;

 private:
  const std::shared_ptr<MemoryLogState> state_;
  const std::unique_ptr<port::MessagePublisher> publisher_;
};

}  // namespace saga::adapter
