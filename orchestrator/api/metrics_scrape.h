#pragma once

// Series of what is a state: looked up when somebody scrapes, instead of being counted along the
// way.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include "orchestrator/base/time.h"

namespace saga::api {

// One destination's lane, now.
struct LaneFacts {
  std::string destination;  // host:port, or a participant
  uint64_t in_flight = 0;
  uint64_t queued = 0;
  uint64_t breaker = 0;  // 0 closed, 1 half-open, 2 open
  bool paused = false;
  // Since start.
  uint64_t unreachable = 0;
  uint64_t by_fallback = 0;
};

// Dead letters of one destination and op.
struct DeadLetterFacts {
  std::string destination;
  std::string op;
  uint64_t count = 0;
  base::Time oldest;  // when it died
};

struct OutboxFacts {
  // Unset: the store could not be asked.
  std::optional<uint64_t> waiting;
  base::Time oldest;  // unset: none waits
  uint64_t published = 0;
  uint64_t failed = 0;
  bool reachable = false;
};

struct ReplayFacts {
  uint64_t jobs = 0;     // that run
  uint64_t pending = 0;  // items of these
  uint64_t running = 0;
  // Items that ended, since start.
  uint64_t done = 0;
  uint64_t failed = 0;
  uint64_t skipped = 0;
};

struct RetentionFacts {
  // Since start.
  uint64_t forgotten = 0;
  uint64_t failures = 0;
};

struct InstanceFacts {
  std::string participant;
  std::string state;
  uint64_t count = 0;
};

struct ScrapeFacts {
  base::Time now;
  // Unset when the store could not be asked: the series then say nothing rather than something
  // wrong.
  std::optional<uint64_t> open_transactions;
  base::Time oldest_open;  // create time; unset: nothing is open
  std::vector<LaneFacts> lanes;
  std::optional<std::vector<DeadLetterFacts>> dead_letters;
  std::optional<OutboxFacts> outbox;  // unset: nothing is published
  ReplayFacts replay;
  std::optional<RetentionFacts> retention;  // unset: everything is kept
  std::vector<InstanceFacts> instances;
};

// The families of doc/metrics.md that say it. Of labels without a fixed set the largest
// kMetricDestinations values have series of their own, the rest is "other".
std::vector<prometheus::MetricFamily> ScrapedFamilies(ScrapeFacts facts);

}  // namespace saga::api
