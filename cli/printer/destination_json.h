#pragma once

// The JSON that sagactl prints of destinations, participants and the outbox, by the rules of
// json.h.

#include <nlohmann/json.hpp>

#include "saga/v1/destination.pb.h"
#include "saga/v1/registry.pb.h"

namespace saga::cli {

nlohmann::ordered_json ToJson(const v1::Destination& destination);
nlohmann::ordered_json ToJson(const v1::Participant& participant);
nlohmann::ordered_json ToJson(const v1::Outbox& outbox);

}  // namespace saga::cli
