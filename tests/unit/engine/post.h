#pragma once

// The way round, as the engine sees it: who registered, what waits to be published, and a log that
// confirms or does not, as a test says.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/port/message_publisher.h"
#include "orchestrator/port/outbox_store.h"
#include "orchestrator/port/participant_directory.h"
#include "tests/simulation/world.h"

namespace saga::engine {

inline constexpr char kCommands[] = "saga.cmd.p";
inline constexpr char kReplies[] = "saga.reply";
inline constexpr char kEvents[] = "saga.events";
inline constexpr char kLetters[] = "saga.dlq";

class Post : public port::ParticipantDirectory,
             public port::MessagePublisher,
             public port::OutboxStore {
 public:
  explicit Post(simulation::World* world) : world_(world) {}

  // --- what a test says
  std::map<std::string, port::ParticipantFacts> facts;  // by destination, "p:1"
  bool reachable = true;
  bool takes = true;  // the publisher; false: too many are under way
  // What becomes of a message that was taken, a millisecond later; published when not set. nullopt:
  // nobody ever hears.
  std::function<std::optional<absl::Status>(const base::Message&)> log;
  bool store_answers = true;
  // One that registered with a command topic.
  static port::ParticipantFacts Registered(uint32_t attempt_limit = 0);

  // --- what has happened
  std::map<uint64_t, port::OutboxRecord> outbox;
  std::vector<port::ParkedMessage> parked;
  std::vector<base::Message> published;  // confirmed, in that order
  size_t publishes = 0;                  // taken
  size_t reads = 0;
  std::vector<base::Message> Published(const std::string& topic) const;
  std::vector<base::Message> Waiting(const std::string& topic) const;

  // What a store does with Write::outbox.
  void Put(const base::Message& message);
  // The process is gone: what it had published is, what was under way may be.
  void Die() { alive_ = std::make_shared<bool>(true); }

  // port::ParticipantDirectory
  std::optional<port::ParticipantFacts> Facts(std::string_view target) override;
  absl::StatusOr<port::Pick> PickInstance(std::string_view) override;
  void Finish(const port::Pick&, bool) override {}
  // port::MessagePublisher
  bool Publish(const base::Message& message, Done done) override;
  bool Reachable() const override { return reachable; }
  // port::OutboxStore
  absl::StatusOr<std::vector<port::OutboxRecord>> ReadOutbox(uint64_t after_id,
                                                             size_t limit) override;
  absl::Status RemoveOutbox(const std::vector<uint64_t>& ids) override;
  absl::StatusOr<port::OutboxCounts> CountOutbox() override;
  absl::Status Park(const port::ParkedMessage& message, const base::Message& copy) override;
  absl::StatusOr<std::vector<port::ParkedMessage>> ListParked(uint64_t, size_t) override;
  absl::Status DeleteParked(uint64_t) override;

 private:
  simulation::World* const world_;
  uint64_t last_id_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace saga::engine
