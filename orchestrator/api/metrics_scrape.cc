#include "orchestrator/api/metrics_scrape.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "orchestrator/api/metrics_label.h"
#include "orchestrator/core/limits.h"

namespace saga::api {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr char kOther[] = "other";

MetricFamily Family(std::string name, std::string help, MetricType type = MetricType::Gauge) {
  return {.name = std::move(name), .help = std::move(help), .type = type};
}

void Add(MetricFamily& family, uint64_t value, Labels labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      static_cast<double>(value);
  family.metric.push_back(std::move(metric));
}

void AddAge(MetricFamily& family, base::Time since, base::Time now) {
  ClientMetric metric;
  const double age = since.IsSet() ? static_cast<double>((now - since).micros) / 1e6 : 0;
  metric.gauge.value = std::max(age, 0.0);
  family.metric.push_back(std::move(metric));
}

// One series without labels.
void AddOne(std::vector<MetricFamily>& families, std::string name, std::string help, uint64_t value,
            MetricType type = MetricType::Gauge) {
  families.push_back(Family(std::move(name), std::move(help), type));
  Add(families.back(), value);
}

void AddAgeOne(std::vector<MetricFamily>& families, std::string name, std::string help,
               base::Time since, base::Time now) {
  families.push_back(Family(std::move(name), std::move(help)));
  AddAge(families.back(), since, now);
}

// The busiest destinations by name, the rest as one.
std::vector<LaneFacts> BoundedLanes(std::vector<LaneFacts> lanes) {
  std::sort(lanes.begin(), lanes.end(), [](const LaneFacts& a, const LaneFacts& b) {
    const uint64_t busy_a = a.in_flight + a.queued;
    const uint64_t busy_b = b.in_flight + b.queued;
    return std::tuple(busy_b, b.breaker, a.destination) <
           std::tuple(busy_a, a.breaker, b.destination);
  });
  std::vector<LaneFacts> shown;
  absl::flat_hash_map<std::string, size_t> places;  // two lanes may be cut to the same label
  for (LaneFacts& lane : lanes) {
    lane.destination =
        places.size() < core::kMetricDestinations ? LabelValue(lane.destination) : kOther;
    const auto [place, added] = places.try_emplace(lane.destination, shown.size());
    if (added) {
      shown.push_back(std::move(lane));
      continue;
    }
    LaneFacts& sum = shown[place->second];
    sum.in_flight += lane.in_flight;
    sum.queued += lane.queued;
    sum.breaker = std::max(sum.breaker, lane.breaker);
    sum.paused = sum.paused || lane.paused;
  }
  return shown;
}

void AddLanes(std::vector<LaneFacts> lanes, std::vector<MetricFamily>& families) {
  uint64_t unreachable = 0;
  uint64_t by_fallback = 0;
  for (const LaneFacts& lane : lanes) {
    unreachable += lane.unreachable;
    by_fallback += lane.by_fallback;
  }
  MetricFamily in_flight = Family("saga_lane_in_flight", "Branch calls out at a destination");
  MetricFamily queued = Family("saga_lane_queued", "Branch calls waiting for a destination");
  MetricFamily breaker =
      Family("saga_lane_breaker_state", "Circuit breaker: 0 closed, 1 half-open, 2 open");
  MetricFamily paused = Family("saga_lane_paused", "1 while an operator has it paused");
  for (const LaneFacts& lane : BoundedLanes(std::move(lanes))) {
    const Labels labels = {{"destination", lane.destination}};
    Add(in_flight, lane.in_flight, labels);
    Add(queued, lane.queued, labels);
    Add(breaker, lane.breaker, labels);
    Add(paused, lane.paused ? 1 : 0, labels);
  }
  for (MetricFamily* family : {&in_flight, &queued, &breaker, &paused})
    families.push_back(std::move(*family));
  AddOne(families, "saga_lane_unreachable_total", "Branch calls that nobody answered", unreachable,
         MetricType::Counter);
  AddOne(families, "saga_lane_fallback_total", "Branch calls that went over Kafka instead",
         by_fallback, MetricType::Counter);
}

void AddDeadLetters(std::vector<DeadLetterFacts> letters, base::Time now,
                    std::vector<MetricFamily>& families) {
  std::sort(letters.begin(), letters.end(), [](const DeadLetterFacts& a, const DeadLetterFacts& b) {
    return std::tuple(b.count, a.destination, a.op) < std::tuple(a.count, b.destination, b.op);
  });
  MetricFamily dead = Family("saga_dead_letters", "Dead letters that wait for an operator");
  std::map<std::pair<std::string, std::string>, uint64_t> counts;
  std::map<std::string, bool> destinations;
  base::Time oldest;
  for (const DeadLetterFacts& letter : letters) {
    std::string label = LabelValue(letter.destination);
    if (!destinations.contains(label) && destinations.size() >= core::kMetricDestinations)
      label = kOther;
    destinations[label] = true;
    counts[{label, letter.op}] += letter.count;
    const bool older = letter.oldest.IsSet() && (!oldest.IsSet() || letter.oldest < oldest);
    if (older) oldest = letter.oldest;
  }
  for (const auto& [labels, count] : counts)
    Add(dead, count, {{"destination", labels.first}, {"op", labels.second}});
  families.push_back(std::move(dead));
  AddAgeOne(families, "saga_dead_letters_oldest_seconds",
            "Time since the oldest of them died; 0 when there is none", oldest, now);
}

void AddOutbox(const OutboxFacts& outbox, base::Time now, std::vector<MetricFamily>& families) {
  if (outbox.waiting.has_value()) {
    AddOne(families, "saga_outbox_waiting", "Messages stored and not published yet",
           *outbox.waiting);
    AddAgeOne(families, "saga_outbox_oldest_seconds",
              "Age of the oldest of them; 0 when there is none", outbox.oldest, now);
  }
  AddOne(families, "saga_outbox_published_total", "Messages the broker has taken", outbox.published,
         MetricType::Counter);
  AddOne(families, "saga_outbox_failed_total", "Messages it did not take, which were sent again",
         outbox.failed, MetricType::Counter);
  AddOne(families, "saga_broker_reachable", "1 while the broker answers, as far as is known",
         outbox.reachable ? 1 : 0);
}

void AddReplay(const ReplayFacts& replay, std::vector<MetricFamily>& families) {
  AddOne(families, "saga_replay_jobs", "Replay jobs that run", replay.jobs);
  MetricFamily items = Family("saga_replay_items", "Items of these that have not ended");
  Add(items, replay.pending, {{"state", "pending"}});
  Add(items, replay.running, {{"state", "running"}});
  families.push_back(std::move(items));
  MetricFamily ended =
      Family("saga_replay_items_total", "Items of replay jobs that ended", MetricType::Counter);
  Add(ended, replay.done, {{"result", "done"}});
  Add(ended, replay.failed, {{"result", "failed"}});
  Add(ended, replay.skipped, {{"result", "skipped"}});
  families.push_back(std::move(ended));
}

void AddRetention(const RetentionFacts& retention, std::vector<MetricFamily>& families) {
  AddOne(families, "saga_forgotten_transactions_total",
         "Ended transactions deleted because of their age", retention.forgotten,
         MetricType::Counter);
  AddOne(families, "saga_retention_failures_total",
         "Deletions that the store did not make, which are tried again", retention.failures,
         MetricType::Counter);
}

void AddInstances(const std::vector<InstanceFacts>& instances,
                  std::vector<MetricFamily>& families) {
  MetricFamily family =
      Family("saga_participant_instances", "Instances of participants that registered");
  std::map<std::pair<std::string, std::string>, uint64_t> counts;
  std::map<std::string, bool> participants;
  for (const InstanceFacts& instance : instances) {
    std::string label = LabelValue(instance.participant);
    if (!participants.contains(label) && participants.size() >= core::kMetricDestinations)
      label = kOther;
    participants[label] = true;
    counts[{label, instance.state}] += instance.count;
  }
  for (const auto& [labels, count] : counts)
    Add(family, count, {{"participant", labels.first}, {"state", labels.second}});
  families.push_back(std::move(family));
}

}  // namespace

std::vector<MetricFamily> ScrapedFamilies(ScrapeFacts facts) {
  std::vector<MetricFamily> families;
  if (facts.open_transactions.has_value()) {
    AddOne(families, "saga_open_transactions", "Global transactions that have not ended",
           *facts.open_transactions);
    AddAgeOne(families, "saga_oldest_open_seconds",
              "Age of the oldest of them; 0 when there is none", facts.oldest_open, facts.now);
  }
  AddLanes(std::move(facts.lanes), families);
  if (facts.dead_letters.has_value())
    AddDeadLetters(*std::move(facts.dead_letters), facts.now, families);
  if (facts.outbox.has_value()) AddOutbox(*facts.outbox, facts.now, families);
  AddReplay(facts.replay, families);
  if (facts.retention.has_value()) AddRetention(*facts.retention, families);
  AddInstances(facts.instances, families);
  return families;
}

}  // namespace saga::api
