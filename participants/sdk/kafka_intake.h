#pragma once

// The third door of a participant: branch calls that come as commands through Kafka when sagad
// cannot reach the other two. They run the same methods behind the same barrier, and are answered
// with replies on the topic that the command names (command_desk.h says which).
//
//   auto intake = KafkaIntake::Start(BranchRoutes(service), {.brokers = "127.0.0.1:9092",
//                                                            .participant = "product"});
//   ...
//   (*intake)->Stop(absl::Seconds(10));  // then close the database
//
// What it promises:
//   - A command counts as taken only when its reply is stored by the broker, which is after the
//     local commit. Whatever happens before, it comes again, and the barrier makes that harmless.
//   - Commands of one transaction (one key) run in their order, those of different ones at the same
//     time. After a crash or a rebalance a command may run while a repeat of it runs elsewhere: the
//     barrier's business again.
//   - A broker that is away is logged once, and waited for; the other doors do not notice.
//
// Thread safety: thread-safe.

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "participants/sdk/command_routes.h"

namespace saga::participants::sdk {

struct KafkaIntakeOptions {
  std::string brokers;            // host:port,host:port
  std::string participant;        // its name
  std::string group;              // consumer group; empty: the participant's name
  std::string topic;              // empty: saga.cmd.<participant>
  std::string dead_letter_topic;  // of messages that are no command; empty: saga.dlq
  int workers = 8;                // commands carried out at the same time
  // Taken and not yet answered, over all partitions; at this many it pauses.
  size_t max_unfinished = 1000;
};

class KafkaIntake {
 public:
  // Does not wait for a broker. INVALID_ARGUMENT: brokers that are none.
  static absl::StatusOr<std::unique_ptr<KafkaIntake>> Start(CommandRoutes routes,
                                                            const KafkaIntakeOptions& options);
  ~KafkaIntake();  // Stop without grace
  KafkaIntake(const KafkaIntake&) = delete;
  KafkaIntake& operator=(const KafkaIntake&) = delete;

  // Takes nothing new, finishes the commands that run, waits at most `grace` for their replies to
  // be stored, commits and leaves the group. What was read and not begun comes again, here or
  // elsewhere. Idempotent.
  void Stop(absl::Duration grace);

 private:
  class Impl;
  explicit KafkaIntake(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace saga::participants::sdk
