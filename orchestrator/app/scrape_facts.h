#pragma once

// What the parts of the server know, as what metrics show. Pure functions.

#include <vector>

#include "orchestrator/api/metrics_scrape.h"
#include "orchestrator/api/participants.h"
#include "orchestrator/engine/engine.h"

namespace saga::app {

void AddLanes(const std::vector<engine::LaneStats>& lanes, api::ScrapeFacts& facts);
void AddInstances(const std::vector<api::ParticipantView>& participants, api::ScrapeFacts& facts);

}  // namespace saga::app
