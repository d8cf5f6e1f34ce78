#pragma once

// What a participant makes of one message of its command topic: which method runs, and which
// messages are the answer. Everything but Kafka itself, which is kafka_intake.h's.
//
//   - A command of a known method: the method runs, its outcome is the reply.
//   - A command whose deadline has passed: nothing runs and nothing is answered. sagad counts it as
//     unanswered and asks again.
//   - A command that can never succeed here: a reply with outcome unknown and a hopeless reason,
//     unknown_method, or contract when it is not of a branch this SDK knows (an XA branch).
//   - What is no command, or one of a newer schema: a copy to the dead letters, and when its
//     headers tell the branch, a reply with the hopeless reason undecodable.
//
// Thread safety: thread-safe, if the methods are.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/base/message.h"
#include "orchestrator/base/time.h"
#include "orchestrator/envelope/command.h"
#include "participants/sdk/command_routes.h"

namespace saga::participants::sdk {

// A message as it was read.
struct ReceivedMessage {
  base::Message message;
  int32_t partition = 0;
  int64_t offset = 0;
  base::Time time;  // as the log has it; not set when it has none
};

struct CommandAnswer {
  std::vector<base::Message> messages;
  // When they need not be published any more. Never, for a copy to the dead letters.
  base::Time wanted_until = base::kNever;
};

struct CommandDeskOptions {
  std::string participant;  // this and the group are what dead letters name
  std::string group;
  std::string dead_letter_topic;
};

class CommandDesk {
 public:
  CommandDesk(CommandRoutes routes, CommandDeskOptions options)
      : routes_(std::move(routes)), options_(std::move(options)) {}

  CommandAnswer Answer(const ReceivedMessage& received, base::Time now) const;

 private:
  CommandAnswer Park(const ReceivedMessage& received, const std::string& error,
                     base::Time now) const;
  CommandAnswer Carry(const envelope::Command& command) const;

  const CommandRoutes routes_;
  const CommandDeskOptions options_;
};

}  // namespace saga::participants::sdk
