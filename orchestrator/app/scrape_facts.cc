#include "orchestrator/app/scrape_facts.h"

#include <cstdint>

#include "orchestrator/base/check.h"

namespace saga::app {

namespace {

uint64_t NumberOf(engine::BreakerState state) {
  switch (state) {
    case engine::BreakerState::kClosed:
      return 0;
    case engine::BreakerState::kHalfOpen:
      return 1;
    case engine::BreakerState::kOpen:
      return 2;
  }
  SAGA_CHECK(false);
}

const char* WordOf(api::InstanceState state) {
  switch (state) {
    case api::InstanceState::kLive:
      return "live";
    case api::InstanceState::kNotServing:
      return "not_serving";
    case api::InstanceState::kExpired:
      return "expired";
    case api::InstanceState::kUnreachable:
      return "unreachable";
  }
  SAGA_CHECK(false);
}

}  // namespace

void AddLanes(const std::vector<engine::LaneStats>& lanes, api::ScrapeFacts& facts) {
  for (const engine::LaneStats& lane : lanes) {
    facts.lanes.push_back({.destination = lane.destination,
                           .in_flight = lane.in_flight,
                           .queued = lane.queued,
                           .breaker = NumberOf(lane.breaker),
                           .paused = lane.paused,
                           .unreachable = lane.unreachable,
                           .by_fallback = lane.by_fallback});
  }
}

void AddInstances(const std::vector<api::ParticipantView>& participants, api::ScrapeFacts& facts) {
  for (const api::ParticipantView& participant : participants) {
    for (const api::InstanceView& instance : participant.instances)
      facts.instances.push_back({participant.name, WordOf(instance.state), 1});
  }
}

}  // namespace saga::app
