#include "orchestrator/engine/lane.h"

#include <algorithm>
#include <utility>

#include "absl/strings/string_view.h"
#include "orchestrator/base/check.h"
#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"

namespace saga::engine {

namespace {

// Destinations beyond kMaxLanes share this lane: bounded memory matters more than their isolation
// from each other.
constexpr char kOverflowDestination[] = "(other)";
// What the directory said of a destination is asked for again after this long.
constexpr base::Duration kFactsLife = base::Seconds(1);
// The strand looks after the rate limits at most this often. Limits that would have it look more
// often keep more tokens than come in between, so none are lost.
constexpr base::Duration kPumpPause = base::Millis(2);
// Offers that are told to come back when the breaker may let a probe through come one by one, this
// many of them spread over the longest opening. One is enough to probe; the others would only be
// refused again, all in one moment.
constexpr uint32_t kComeBackPlaces = 1024;

BreakerSettings BreakerOf(const LaneSettings& settings, bool shared) {
  BreakerSettings breaker = settings.breaker;
  if (shared) breaker.min_calls = 0;
  return breaker;
}

// The destination as it stands in a target like "host:port/service/method"; anything else takes
// core::DestinationOf. Never the destination of another target: those end in no colon.
absl::string_view PlainDestination(absl::string_view target) {
  const absl::string_view head = target.substr(0, target.find('/'));
  return head.empty() || head.back() == ':' ? absl::string_view() : head;
}

}  // namespace

LaneSet::Lane::Lane(std::string name, bool is_shared, const LaneSettings& settings)
    : destination(std::move(name)), shared(is_shared), breaker(BreakerOf(settings, is_shared)) {}

LaneSet::LaneSet(const LaneSettings& settings, uint32_t fallback_after_unknown, const Ports& ports,
                 Opened opened)
    : settings_(settings),
      fallback_after_unknown_(fallback_after_unknown),
      ports_(ports),
      opened_(std::move(opened)) {}

void LaneSet::Start() {
  pump_ = ports_.executor->NewStrand("lanes", [this] { Pump(); });
}

// --- lanes

LaneSet::Lane* LaneSet::Find(const std::string& target) {
  const auto found = lanes_.find(PlainDestination(target));
  if (found != lanes_.end()) return found->second.get();
  return FindOrMake(core::DestinationOf(target), false);
}

LaneSet::Lane* LaneSet::FindOrMake(std::string destination, bool set_by_operator) {
  auto found = lanes_.find(destination);
  if (found != lanes_.end()) return found->second.get();
  // What an operator set is for one destination and never for those that share a lane.
  bool shared = destination == kOverflowDestination;
  if (lanes_.size() >= core::kMaxLanes && !set_by_operator) {
    destination = kOverflowDestination;
    shared = true;
    found = lanes_.find(destination);
    if (found != lanes_.end()) return found->second.get();
  }
  auto lane = std::make_unique<Lane>(destination, shared, settings_);
  lane->rate.Set(settings_.rate, ports_.clock->Now());
  return lanes_.emplace(std::move(destination), std::move(lane)).first->second.get();
}

size_t LaneSet::InFlightLimit(const Lane& lane) const {
  if (lane.set.in_flight > 0) return lane.set.in_flight;
  return lane.capacity > 0 ? std::min(settings_.in_flight, lane.capacity) : settings_.in_flight;
}

bool LaneSet::StaleFacts(const Lane& lane, base::Time now) const {
  if (ports_.directory == nullptr || lane.shared) return false;
  return now >= lane.facts_until || now + kFactsLife < lane.facts_until;
}

LaneSet::Known LaneSet::Ask(const std::string& target) {
  Known known{ports_.directory->Facts(target)};
  known.reachable = ports_.publisher != nullptr && known.facts.has_value() &&
                    !known.facts->command_topic.empty() && ports_.publisher->Reachable();
  return known;
}

void LaneSet::Learn(Lane* lane, const Known& known, base::Time now) {
  if (lane->shared) return;
  lane->facts_until = now + kFactsLife;
  lane->participant = known.facts.has_value() ? known.facts->name : "";
  lane->capacity = known.facts.has_value() ? known.facts->capacity : 0;
}

// --- offers

Offered LaneSet::Offer(port::BranchCall&& call, port::BranchCaller::Done&& done,
                       uint32_t unknown_streak, CallOff off) {
  const base::Time now = ports_.clock->Now();
  std::optional<Known> known;
  Lane* lane = nullptr;
  Todo todo;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (closed_) return {};
      lane = Find(call.target);
      const bool must_ask =
          !known.has_value() && !lane->set.paused &&
          (StaleFacts(*lane, now) || WantsFallback(lane, call.op, unknown_streak, now));
      if (!must_ask) {
        if (known.has_value()) Learn(lane, *known, now);
        Offered offered = Judge(lane, call, unknown_streak, known, now);
        if (offered.kind != Offered::Kind::kTaken) return offered;
        ++pending_;
        Waiting waiting{std::move(call), std::move(done), std::move(off)};
        if (lane->queue.empty() && lane->in_flight < InFlightLimit(*lane) &&
            lane->rate.HasToken(now)) {
          todo.turns.push_back(TakeOut(lane, std::move(waiting), now));
        } else {
          lane->queue.push_back(std::move(waiting));
          StartQueued(lane, now, &todo);
        }
        break;
      }
    }
    known = Ask(call.target);  // another's lock, so not under ours
  }
  Do(lane, todo);
  return {};
}

bool LaneSet::Blocked(Lane* lane, base::Time now) {
  return lane->breaker.state() != BreakerState::kClosed &&
         (!lane->breaker.Passes(now) || lane->in_flight >= InFlightLimit(*lane) ||
          !lane->rate.HasToken(now));
}

bool LaneSet::WantsFallback(Lane* lane, core::Op op, uint32_t unknown_streak, base::Time now) {
  if (ports_.publisher == nullptr || ports_.directory == nullptr || core::IsAskBack(op))
    return false;
  if (Blocked(lane, now)) return true;
  return fallback_after_unknown_ > 0 && IsFallbackTurn(unknown_streak, fallback_after_unknown_);
}

Offered LaneSet::Judge(Lane* lane, const port::BranchCall& call, uint32_t unknown_streak,
                       const std::optional<Known>& known, base::Time now) {
  if (lane->set.paused) return {.kind = Offered::Kind::kNotNow, .retry_at = base::kNever};
  if (known.has_value() && known->reachable && WantsFallback(lane, call.op, unknown_streak, now)) {
    ++lane->by_fallback;
    return {.kind = Offered::Kind::kFallback, .facts = *known->facts};
  }
  if (Blocked(lane, now)) return {.kind = Offered::Kind::kNotNow, .retry_at = ComeBack(lane, now)};
  if (lane->queue.size() >= settings_.queue &&
      (lane->in_flight >= InFlightLimit(*lane) || !lane->rate.HasToken(now))) {
    return {.kind = Offered::Kind::kFull, .retry_at = now + core::kLaneFullPause};
  }
  return {};
}

base::Time LaneSet::ComeBack(Lane* lane, base::Time now) {
  const BreakerSettings& settings = settings_.breaker;
  base::Time first = lane->breaker.open_until();
  if (first <= now) {  // a probe is out, or one may go but the lane's limits do not let it
    const base::Time token = lane->rate.NextToken(now);
    first = std::max(token, now + settings.open_for);
  }
  const int64_t spread = std::max(settings.open_for, settings.max_open_for).micros;
  const int64_t place = lane->refused++ % kComeBackPlaces;
  return first + base::Micros(spread / kComeBackPlaces * place);
}

// --- starting

LaneSet::Turn LaneSet::TakeOut(Lane* lane, Waiting&& waiting, base::Time now) {
  ++lane->in_flight;
  ++lane->calls;
  ++calls_;
  lane->rate.Take();
  return {this, lane, std::move(waiting), now, lane->breaker.Start(now)};
}

void LaneSet::StartQueued(Lane* lane, base::Time now, Todo* todo) {
  if (lane->set.paused || lane->breaker.state() != BreakerState::kClosed) return;
  while (!lane->queue.empty() && lane->in_flight < InFlightLimit(*lane)) {
    if (!lane->rate.HasToken(now)) {
      Throttle(lane);
      return;
    }
    std::optional<Waiting> next = TakeNext(lane, todo);
    if (!next.has_value()) return;
    todo->turns.push_back(TakeOut(lane, *std::move(next), now));
  }
}

std::optional<LaneSet::Waiting> LaneSet::TakeNext(Lane* lane, Todo* todo) {
  while (!lane->queue.empty()) {
    Waiting next = std::move(lane->queue.front());
    lane->queue.pop_front();
    if (next.off == nullptr || !next.off->load()) return next;
    --pending_;
    todo->dropped.push_back(std::move(next));
  }
  return std::nullopt;
}

void LaneSet::Shed(Lane* lane, Todo* todo) {
  while (std::optional<Waiting> next = TakeNext(lane, todo)) {
    --pending_;
    todo->shed.push_back(*std::move(next));
  }
}

void LaneSet::Throttle(Lane* lane) {
  if (lane->throttled) return;
  SAGA_CHECK(pump_ != nullptr);
  lane->throttled = true;
  throttled_.push_back(lane);
  if (!pumping_) pump_->Notify();
}

void LaneSet::Pump() {
  const base::Time now = ports_.clock->Now();
  base::Time next = base::kNever;
  Todo todo;
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return;
    pumping_ = true;
    for (Lane* lane : std::exchange(throttled_, {})) {
      lane->throttled = false;
      StartQueued(lane, now, &todo);
    }
    for (Lane* lane : throttled_) next = std::min(next, lane->rate.NextToken(now));
    pumping_ = false;
  }
  Do(nullptr, todo);
  pump_->WakeAt(next == base::kNever ? next : std::max(next, now + kPumpPause));
}

void LaneSet::Do(Lane* lane, Todo& todo) {
  if (todo.opened && opened_) opened_();
  for (Waiting& waiting : todo.shed) {
    waiting.done({.outcome = core::Outcome::kUnknown,
                  .text = "the circuit breaker of " + lane->destination +
                          " opened before the call's turn came; it was not made",
                  .reach = port::Reach::kUnreachable});
  }
  if (!todo.turns.empty()) Begin(todo.turns);
}

void LaneSet::Begin(Turns& turns) {
  // A call that fails before Call returns (a bad target) makes room for the next one on the spot.
  // Taking turns here instead of nesting keeps a long queue of such calls off the stack.
  static thread_local Turns* later = nullptr;
  if (later != nullptr) {
    for (Turn& turn : turns) later->push_back(std::move(turn));
    return;
  }
  Turns mine;
  later = &mine;
  while (!turns.empty()) {
    for (Turn& turn : turns) turn.set->Call(turn);
    turns = std::exchange(mine, {});
  }
  later = nullptr;
}

void LaneSet::Call(Turn& turn) {
  port::BranchCaller::Done done =
      [self = shared_from_this(), lane = turn.lane, started = turn.started, ticket = turn.ticket,
       done = std::move(turn.waiting.done)](port::BranchReply reply) mutable {
        const core::Outcome outcome = reply.outcome;
        const port::Reach reach = reply.reach;
        done(std::move(reply));
        self->OnDone(lane, outcome, reach, started, ticket);
      };
  if (ports_.may_call && !ports_.may_call()) {
    done({.outcome = core::Outcome::kUnknown,
          .text = "this node's lease ran out before the call's turn came; it was not made",
          .reach = port::Reach::kUnreachable});
    return;
  }
  ports_.caller->Call(std::move(turn.waiting.call), std::move(done));
}

void LaneSet::OnDone(Lane* lane, core::Outcome outcome, port::Reach reach, base::Time started,
                     Breaker::Ticket ticket) {
  const base::Time now = ports_.clock->Now();
  const base::Duration took = now - started;
  const base::Duration slow = settings_.breaker.slow_call;
  const bool reached = reach == port::Reach::kAnswered;
  const bool failed = !reached || (slow > base::Duration() && took > slow);
  Todo todo;
  {
    absl::MutexLock lock(&mutex_);
    --pending_;
    --lane->in_flight;
    lane->latency.Add(took);
    if (outcome == core::Outcome::kUnknown) ++lane->unknown;
    if (!reached) ++lane->unreachable;
    if (closed_) return;
    const Breaker::Change change = lane->breaker.End(ticket, failed, now);
    if (change != Breaker::Change::kNone) lane->refused = 0;
    if (!lane->set.paused) {
      if (change == Breaker::Change::kOpened) Shed(lane, &todo);
      todo.opened = change == Breaker::Change::kClosed;
    }
    StartQueued(lane, now, &todo);
  }
  Do(lane, todo);
}

// --- the operator

void LaneSet::Set(const std::string& destination, const DestinationSettings& settings) {
  const base::Time now = ports_.clock->Now();
  Lane* lane = nullptr;
  Todo todo;
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return;
    lane = FindOrMake(core::DestinationOf(destination), true);
    const DestinationSettings before = std::exchange(lane->set, settings);
    const double rate = settings.rate > 0 ? settings.rate : settings_.rate;
    if (rate != lane->rate.rate()) lane->rate.Set(rate, now);
    if (before.paused && !settings.paused) {
      pending_ += lane->queue.size();
      lane->breaker.Reset();
      lane->refused = 0;
      todo.opened = true;
    } else if (!before.paused && settings.paused) {
      pending_ -= lane->queue.size();
    }
    StartQueued(lane, now, &todo);
  }
  Do(lane, todo);
}

void LaneSet::Close() {
  {
    std::vector<std::deque<Waiting>> dropped;  // outlives the lock, see Todo
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    for (auto& [destination, lane] : lanes_) {
      if (!lane->set.paused) pending_ -= lane->queue.size();
      dropped.push_back(std::exchange(lane->queue, {}));
    }
    throttled_.clear();
  }
  if (pump_ != nullptr) pump_->Stop();
}

// --- counters

size_t LaneSet::Pending() const {
  absl::MutexLock lock(&mutex_);
  return pending_;
}

uint64_t LaneSet::Calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

std::vector<LaneStats> LaneSet::Stats() const {
  const base::Time now = ports_.clock->Now();
  std::vector<LaneStats> stats;
  std::vector<std::vector<uint32_t>> latencies;  // looked at outside of the lock
  {
    absl::MutexLock lock(&mutex_);
    stats.reserve(lanes_.size());
    latencies.reserve(lanes_.size());
    for (const auto& [destination, lane] : lanes_) {
      stats.push_back({.destination = destination,
                       .in_flight = lane->in_flight,
                       .queued = lane->queue.size(),
                       .in_flight_limit = InFlightLimit(*lane),
                       .calls = lane->calls,
                       .unknown = lane->unknown,
                       .participant = lane->participant,
                       .breaker = lane->breaker.state(),
                       .paused = lane->set.paused,
                       .rate = lane->rate.rate(),
                       .limits_set = lane->set.in_flight > 0 || lane->set.rate > 0,
                       .unreachable = lane->unreachable,
                       .by_fallback = lane->by_fallback,
                       .failure_percent = lane->breaker.FailurePercent(now),
                       .open_until = lane->breaker.open_until()});
      latencies.push_back(lane->latency.Micros());
    }
  }
  for (size_t i = 0; i < stats.size(); ++i) {
    stats[i].p50 = Percentile(latencies[i], 50);
    stats[i].p99 = Percentile(latencies[i], 99);
  }
  std::sort(stats.begin(), stats.end(),
            [](const LaneStats& a, const LaneStats& b) { return a.destination < b.destination; });
  return stats;
}

}  // namespace saga::engine
