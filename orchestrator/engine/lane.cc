#include "orchestrator/engine/lane.h"

#include <algorithm>
#include <utility>

#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"

namespace saga::engine {

namespace {

// Destinations beyond kMaxLanes share this lane: bounded memory matters more than their isolation
// from each other.
constexpr char kOverflowDestination[] = "(other)";

}  // namespace

LaneSet::LaneSet(const LaneSettings& settings, uint32_t, const Ports& ports, Opened opened)
    : settings_(settings), ports_(ports), opened_(std::move(opened)) {}

void LaneSet::Start() {}

void LaneSet::Set(const std::string&, const DestinationSettings&) {}

LaneSet::Lane* LaneSet::Find(const std::string& target) {
  std::string destination = core::DestinationOf(target);
  auto found = lanes_.find(destination);
  if (found != lanes_.end()) return found->second.get();
  if (lanes_.size() >= core::kMaxLanes) {
    destination = kOverflowDestination;
    found = lanes_.find(destination);
    if (found != lanes_.end()) return found->second.get();
  }
  auto lane = std::make_unique<Lane>();
  lane->destination = destination;
  return lanes_.emplace(std::move(destination), std::move(lane)).first->second.get();
}

Offered LaneSet::Offer(port::BranchCall&& call, port::BranchCaller::Done&& done, uint32_t,
                       CallOff off) {
  Lane* lane = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return {};
    lane = Find(call.target);
    const bool full = lane->in_flight >= settings_.in_flight;
    if (full && lane->queue.size() >= settings_.queue)
      return {.kind = Offered::Kind::kFull, .retry_at = ports_.clock->Now() + core::kLaneFullPause};
    ++pending_;
    if (full) {
      lane->queue.push_back({std::move(call), std::move(done), std::move(off)});
      return {};
    }
    ++lane->in_flight;
    ++lane->calls;
    ++calls_;
  }
  Begin(lane, {std::move(call), std::move(done), nullptr});
  return {};
}

void LaneSet::Begin(Lane* lane, Waiting waiting) {
  // A call that fails before Call returns (a bad target) makes room for the next one on the spot.
  // Taking turns here instead of nesting keeps a long queue of such calls off the stack.
  static thread_local std::deque<std::pair<Lane*, Waiting>>* turns = nullptr;
  if (turns != nullptr) {
    turns->emplace_back(lane, std::move(waiting));
    return;
  }
  std::deque<std::pair<Lane*, Waiting>> mine;
  turns = &mine;
  mine.emplace_back(lane, std::move(waiting));
  while (!mine.empty()) {
    auto [next_lane, next] = std::move(mine.front());
    mine.pop_front();
    Call(next_lane, std::move(next));
  }
  turns = nullptr;
}

void LaneSet::Call(Lane* lane, Waiting waiting) {
  ports_.caller->Call(std::move(waiting.call),
                      [self = shared_from_this(), lane,
                       done = std::move(waiting.done)](port::BranchReply reply) mutable {
                        const core::Outcome outcome = reply.outcome;
                        done(std::move(reply));
                        self->OnDone(lane, outcome);
                      });
}

std::optional<LaneSet::Waiting> LaneSet::TakeNext(Lane* lane, std::vector<Waiting>* dropped) {
  while (!lane->queue.empty()) {
    Waiting next = std::move(lane->queue.front());
    lane->queue.pop_front();
    if (next.off == nullptr || !next.off->load()) return next;
    --pending_;
    dropped->push_back(std::move(next));
  }
  return std::nullopt;
}

void LaneSet::OnDone(Lane* lane, core::Outcome outcome) {
  std::vector<Waiting> dropped;  // outlives the lock: what a call holds is let go outside of it
  std::optional<Waiting> next;
  {
    absl::MutexLock lock(&mutex_);
    --pending_;
    if (outcome == core::Outcome::kUnknown) ++lane->unknown;
    if (!closed_) next = TakeNext(lane, &dropped);
    if (!next.has_value()) {
      --lane->in_flight;
      return;
    }
    ++lane->calls;
    ++calls_;
  }
  Begin(lane, std::move(*next));
}

void LaneSet::Close() {
  std::vector<std::deque<Waiting>> dropped;
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  for (auto& [destination, lane] : lanes_) {
    pending_ -= lane->queue.size();
    dropped.push_back(std::move(lane->queue));
    lane->queue.clear();
  }
}

size_t LaneSet::Pending() const {
  absl::MutexLock lock(&mutex_);
  return pending_;
}

uint64_t LaneSet::Calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

std::vector<LaneStats> LaneSet::Stats() const {
  std::vector<LaneStats> stats;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [destination, lane] : lanes_) {
      stats.push_back({destination, lane->in_flight, lane->queue.size(), settings_.in_flight,
                       lane->calls, lane->unknown});
    }
  }
  std::sort(stats.begin(), stats.end(),
            [](const LaneStats& a, const LaneStats& b) { return a.destination < b.destination; });
  return stats;
}

}  // namespace saga::engine
