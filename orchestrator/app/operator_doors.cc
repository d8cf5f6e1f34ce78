#include "orchestrator/app/operator_doors.h"

#include <string>
#include <utility>

#include "orchestrator/core/words.h"

namespace saga::app {

namespace {

api::ActLog LogOf(Log* log) {
  return [log](const std::string& act, const std::string& actor, const std::string& reason) {
    log->Info("an operator acted", {{"act", act}, {"actor", actor}, {"reason", reason}});
  };
}

engine::ReplayJobs::Ports JobPorts(const OperatorDoors::Parts& parts,
                                   engine::ReplayTarget& target) {
  return {.store = parts.store->jobs.get(),
          .target = &target,
          .clock = parts.clock,
          .entropy = parts.entropy,
          .executor = parts.executor,
          .shared = parts.store->nodes != nullptr};
}

}  // namespace

OperatorDoors::OperatorDoors(const Parts& parts)
    : parts_(parts),
      target_(*parts.engine),
      jobs_(JobPorts(parts, target_)),
      book_(*parts.store->kv, *parts.clock,
            [engine = parts.engine](const std::string& destination,
                                    const engine::DestinationSettings& settings) {
              engine->SetDestination(destination, settings);
            }),
      dead_letters_({.engine = parts.engine,
                     .jobs = &jobs_,
                     .dead = parts.store->dead_letters,
                     .query = parts.store->query,
                     .items = parts.store->jobs.get(),
                     .outbox = parts.store->outbox,
                     .clock = parts.clock,
                     .max_payload = parts.max_payload,
                     .log = LogOf(parts.log)}),
      destinations_({.engine = parts.engine,
                     .book = &book_,
                     .outbox = parts.store->outbox,
                     .lane = parts.lane,
                     .kafka = parts.kafka,
                     .log = LogOf(parts.log)}) {}

std::vector<api::GrpcServer::Service> OperatorDoors::Services() {
  return {{api::kDeadLetterService, dead_letters_.service()},
          {api::kDestinationService, destinations_.service()}};
}

void OperatorDoors::AddFacts(api::ScrapeFacts& facts) {
  if (const auto dead = parts_.store->dead_letters->CountDead(); dead.ok()) {
    facts.dead_letters.emplace();
    for (const port::DeadLetterCount& count : *dead) {
      facts.dead_letters->push_back(
          {count.destination, std::string(core::WordOf(count.op)), count.count, count.oldest});
    }
  }
  const engine::ReplayStats replay = jobs_.Stats();
  facts.replay = {.jobs = replay.running_jobs,
                  .pending = replay.pending,
                  .running = replay.running,
                  .done = replay.done,
                  .failed = replay.failed,
                  .skipped = replay.skipped};
  if (!parts_.kafka) return;
  const engine::OutboxStats stats = parts_.engine->Stats().outbox;
  facts.outbox = {
      .published = stats.published, .failed = stats.failed, .reachable = stats.reachable};
  if (const auto counts = parts_.store->outbox->CountOutbox(); counts.ok()) {
    facts.outbox->waiting = counts->waiting;
    facts.outbox->oldest = counts->oldest;
  }
}

}  // namespace saga::app
