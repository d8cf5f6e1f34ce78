#pragma once

// The JSON that sagactl prints of dead letters and jobs, by the rules of json.h.

#include <string>

#include <nlohmann/json.hpp>

#include "saga/v1/dead_letter.pb.h"

namespace saga::cli {

// `payload`: whether it is known; lists leave it out.
nlohmann::ordered_json ToJson(const v1::DeadLetter& letter, bool payload);
nlohmann::ordered_json ToJson(const v1::DeadLetterGroup& group);
nlohmann::ordered_json ToJson(const v1::JobItem& item);
// With its items, if there are any.
nlohmann::ordered_json ToJson(const v1::Job& job);
nlohmann::ordered_json ToJson(const v1::ParkedMessage& message);

}  // namespace saga::cli
