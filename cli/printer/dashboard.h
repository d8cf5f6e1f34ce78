#pragma once

// What `sagactl top` shows: how sagad is at one moment, and what changed since the moment before.

#include <string>

#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "cli/printer/time.h"
#include "saga/v1/admin.pb.h"
#include "saga/v1/dead_letter.pb.h"
#include "saga/v1/destination.pb.h"

namespace saga::cli {

struct Snapshot {
  absl::Time time;
  std::string problem;  // why there is nothing else to show; empty: nothing
  v1::StatsReply stats;
  v1::ListDestinationsReply destinations;
  v1::GroupDeadLettersReply groups;
  v1::Outbox outbox;
  v1::ListJobsReply jobs;
};

// Several lines. Rates are those since `before`; null: not known.
std::string Dashboard(const Snapshot& now, const Snapshot* before, TimeStyle style);

nlohmann::ordered_json ToJson(const Snapshot& snapshot);

// The lines of `text` cut to a screen, the last one `footer`.
std::string FitToScreen(const std::string& text, const std::string& footer, size_t columns,
                        size_t rows);

}  // namespace saga::cli
