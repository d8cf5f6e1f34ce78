#include "tests/unit/engine/lane_stage.h"

#include <utility>

#include <gtest/gtest.h>

#include "orchestrator/core/limits.h"
#include "orchestrator/core/target.h"

namespace saga::engine {

LaneStage::LaneStage(const LaneStageOptions& options)
    : executor_(&world_, [](const std::string&) { return base::Micros(10); }) {
  LaneSet::Ports ports{this, &world_, &executor_};
  if (options.messages) {
    ports.directory = this;
    ports.publisher = this;
  }
  lanes_ = std::make_shared<LaneSet>(options.settings, options.fallback_after_unknown, ports,
                                     [this] { ++opened; });
  lanes_->Start();
}

LaneStage::~LaneStage() { lanes_->Close(); }

void LaneStage::Run(base::Duration time) {
  world_.RunUntil(world_.Now() + time, [] { return false; });
}

Offered LaneStage::Offer(const std::string& name, const std::string& target,
                         uint32_t unknown_streak, CallOff off, core::Op op) {
  port::BranchCall call;
  call.gid = name;
  call.op = op;
  call.target = target;
  call.timeout = base::Seconds(3);
  return lanes_->Offer(
      std::move(call),
      [this, name](port::BranchReply reply) {
        ended.push_back({name, std::move(reply), world_.Now()});
      },
      unknown_streak, std::move(off));
}

void LaneStage::OfferMany(size_t count, const std::string& target) {
  for (size_t i = 0; i < count; ++i) {
    ASSERT_EQ(Offer("many" + std::to_string(i), target).kind, Offered::Kind::kTaken) << i;
  }
}

void LaneStage::Answer(port::Reach reach) {
  ASSERT_FALSE(out.empty());
  Done done = std::move(out.front().done);
  out.pop_front();
  const bool answered = reach == port::Reach::kAnswered;
  done({.outcome = answered ? core::Outcome::kSuccess : core::Outcome::kUnknown,
        .text = answered ? "" : "nobody there",
        .reach = reach});
}

void LaneStage::AnswerAll(port::Reach reach) {
  while (!out.empty()) Answer(reach);
}

void LaneStage::MakeOpen(const std::string& target) {
  const std::string destination = core::DestinationOf(target);
  while (StatsOf(destination).breaker == BreakerState::kClosed) {
    ASSERT_LT(StatsOf(destination).calls, 2 * core::kBreakerMinCalls);
    ASSERT_EQ(Offer("sick", target).kind, Offered::Kind::kTaken);
    Answer(port::Reach::kUnreachable);
  }
}

LaneStats LaneStage::StatsOf(const std::string& destination) {
  for (LaneStats& stats : lanes_->Stats()) {
    if (stats.destination == destination) return std::move(stats);
  }
  return {};
}

void LaneStage::Call(port::BranchCall call, Done done) {
  starts.push_back(world_.Now());
  out.push_back({call.gid, call.target, std::move(done)});
}

std::optional<port::ParticipantFacts> LaneStage::Facts(std::string_view) {
  ++facts_asked;
  return facts;
}

absl::StatusOr<port::Pick> LaneStage::PickInstance(std::string_view) {
  return absl::UnimplementedError("lanes do not pick");
}

}  // namespace saga::engine
