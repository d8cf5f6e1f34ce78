#include "tests/simulation/life.h"

#include <utility>

#include "tests/simulation/message_auditor.h"

namespace saga::simulation {

namespace {

base::Duration Delay(World& world, const Faults& faults, const std::string& strand) {
  if (strand == "store" && world.Chance(faults.store_stall))
    return world.Between(base::Millis(1), faults.stall_max);
  return world.Between(base::Micros(1), strand == "store" ? base::Millis(3) : base::Micros(50));
}

// Small numbers, so that batches split, breakers open and letters die in a small world.
engine::EngineOptions Options() {
  engine::EngineOptions options;
  options.runners = 2;
  options.max_batch = 8;
  options.lane.breaker = {.min_calls = 3,
                          .window = base::Seconds(20),
                          .open_for = base::Seconds(2),
                          .max_open_for = base::Seconds(10)};
  options.registered_attempt_limit = 6;
  options.messages.fallback_after_unknown = 2;
  options.messages.reply_timeout = base::Seconds(8);
  options.messages.reply_topic = kReplies;
  options.messages.event_topic = kEvents;
  options.messages.dead_letter_topic = kDeadLetters;
  options.messages.source = "/sagad/simulated";
  return options;
}

}  // namespace

Life::Life(const Around& around, adapter::MemoryStore::State state)
    : around_(around),
      store_(around.world, around.faults, &crash_, &disk_),
      outbox_(around.world, around.faults, &crash_, &disk_.outbox()),
      network_(around.world, around.bank, around.faults, around.away),
      publisher_(around.world, around.broker, around.faults, &crash_),
      executor_(around.world,
                [world = around.world, faults = around.faults](const std::string& strand) {
                  return Delay(*world, *faults, strand);
                }),
      source_(
          [this](port::MessageSource::Handler handler) {
            return std::make_unique<SimConsumer>(around_.world, around_.broker, around_.faults,
                                                 "sagad", kReplies, std::move(handler));
          },
          [this](const base::Message& reply) {
            around_.found(AuditAcknowledgement(reply, disk_));
          }) {
  disk_.Restore(std::move(state));
  engine_ =
      std::make_unique<engine::Engine>(Options(), engine::Engine::Ports{.store = &store_,
                                                                        .caller = &network_,
                                                                        .clock = around.world,
                                                                        .entropy = around.world,
                                                                        .executor = &executor_,
                                                                        .observer = &observer_,
                                                                        .directory = &directory_,
                                                                        .publisher = &publisher_,
                                                                        .outbox = &outbox_});
  engine_->Start();
  intake_ = std::make_unique<engine::ReplyIntake>(
      engine::ReplyIntakeOptions{
          .dead_letter_topic = kDeadLetters, .group = "sagad", .source = "/sagad/simulated"},
      engine::ReplyIntake::Ports{.engine = engine_.get(),
                                 .source = &source_,
                                 .store = &outbox_,
                                 .clock = around.world,
                                 .executor = &executor_},
      [this](const std::string&) { engine_->WakeOutbox(); });
  intake_->Start();
}

uint64_t Life::CountOpenings() {
  uint64_t count = 0;
  for (const engine::LaneStats& lane : engine_->Stats().lanes) {
    if (lane.breaker == engine::BreakerState::kClosed) continue;
    base::Time& known = openings_[lane.destination];
    if (known != lane.open_until) ++count;
    known = lane.open_until;
  }
  return count;
}

}  // namespace saga::simulation
