// Whatever comes in whatever order: what a lane takes ends exactly once, or was called off or
// closed before it was called, and no limit is ever passed.

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "orchestrator/engine/lane.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/world.h"

namespace saga::engine {
namespace {

const std::vector<std::string> kDestinations = {"p:1", "q:1", "product"};

std::string TargetAt(const std::string& destination) {
  return destination == "product" ? "participant://product/Do" : destination + "/P/Do";
}

class Chaos : public port::BranchCaller, public port::ParticipantDirectory {
 public:
  using Done = port::BranchCaller::Done;

  explicit Chaos(uint64_t seed)
      : chance_(seed), executor_(&world_, [](const std::string&) { return base::Micros(20); }) {
    LaneSettings settings;
    settings.in_flight = 1 + Below(8);
    settings.queue = Below(20);
    settings.rate = Below(2) == 0 ? 0 : static_cast<double>(1 + Below(200));
    settings.breaker.min_calls = Below(6);
    settings.breaker.slow_call = Below(3) == 0 ? base::Millis(50) : base::Duration();
    settings_ = settings;
    lanes_ = std::make_shared<LaneSet>(
        settings, 2, LaneSet::Ports{this, &world_, &executor_, this, nullptr}, [] {});
    lanes_->Start();
  }

  void Play(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) Step();
    if (Below(2) == 0) {
      End();
    } else {
      Close();
    }
  }

  void Call(port::BranchCall call, Done done) override {
    Branch& branch = branches_.at(call.gid);
    EXPECT_FALSE(branch.called) << call.gid << " was called twice";
    branch.called = true;
    Place& place = places_[branch.destination];
    EXPECT_FALSE(place.set.paused) << call.gid << " was called while its destination was paused";
    EXPECT_FALSE(closed_) << call.gid << " was called after the close";
    ++place.out;
    EXPECT_LE(place.out, std::max(LimitOf(place), place.out_at_set)) << "more out than may be";
    place.starts.push_back(world_.Now());
    ++calls_;
    if (Below(10) == 0) {
      Finish({call.gid, std::move(done)});  // before Call returns
    } else {
      out_.push_back({call.gid, std::move(done)});
    }
  }
  std::optional<port::ParticipantFacts> Facts(std::string_view) override { return std::nullopt; }
  absl::StatusOr<port::Pick> PickInstance(std::string_view) override {
    return absl::UnimplementedError("");
  }
  void Finish(const port::Pick&, bool) override {}

 private:
  struct Branch {
    std::string destination;
    std::shared_ptr<std::atomic<bool>> off = std::make_shared<std::atomic<bool>>(false);
    bool taken = false;
    bool called = false;
    int done = 0;
  };
  struct Place {
    DestinationSettings set;
    size_t out = 0;
    size_t out_at_set = 0;           // a lower limit does not take back what is out
    std::vector<base::Time> starts;  // since the rate was last set
  };
  struct Out {
    std::string name;
    Done done;
  };

  uint64_t Below(uint64_t bound) { return chance_() % bound; }

  size_t LimitOf(const Place& place) const {
    return place.set.in_flight > 0 ? place.set.in_flight : settings_.in_flight;
  }

  void Step() {
    const std::string& destination = kDestinations[Below(kDestinations.size())];
    switch (Below(12)) {
      case 0:
        world_.RunUntil(world_.Now() + base::Micros(static_cast<int64_t>(Below(3'000'000))),
                        [] { return false; });
        break;
      case 1:
        Set(destination);
        break;
      case 2:
        if (!branches_.empty()) CallSomethingOff();
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        FinishOne();
        break;
      default:
        Offer(destination);
    }
    Check();
  }

  void Offer(const std::string& destination) {
    const std::string name = "b" + std::to_string(branches_.size());
    Branch& branch = branches_[name];
    branch.destination = destination;
    port::BranchCall call;
    call.gid = name;
    call.target = TargetAt(destination);
    const Offered offered = lanes_->Offer(
        std::move(call),
        [this, name](port::BranchReply) {
          EXPECT_EQ(++branches_.at(name).done, 1) << name << " ended twice";
        },
        static_cast<uint32_t>(Below(6)), branch.off);
    branch.taken = offered.kind == Offered::Kind::kTaken;
    EXPECT_NE(offered.kind, Offered::Kind::kFallback);  // there is no publisher
    if (branch.taken) return;
    EXPECT_FALSE(branch.called);
    EXPECT_EQ(branch.done, 0);
    EXPECT_GT(offered.retry_at, world_.Now());
  }

  void Set(const std::string& destination) {
    DestinationSettings set;
    set.paused = Below(2) == 0;
    set.in_flight = Below(3) == 0 ? 0 : 1 + Below(12);
    set.rate = Below(3) == 0 ? 0 : static_cast<double>(1 + Below(300));
    Apply(destination, set);
  }

  void Apply(const std::string& destination, const DestinationSettings& set) {
    Place& place = places_[destination];
    place.set = set;
    place.out_at_set = place.out;
    place.starts.clear();
    lanes_->Set(destination, set);
  }

  void CallSomethingOff() {
    branches_.at("b" + std::to_string(Below(branches_.size()))).off->store(true);
  }

  void FinishOne() {
    if (out_.empty()) return;
    const size_t which = Below(out_.size());
    Out out = std::move(out_[which]);
    out_.erase(out_.begin() + static_cast<int64_t>(which));
    Finish(std::move(out));
  }

  void Finish(Out out) {
    const std::string destination = branches_.at(out.name).destination;
    const port::Reach reach = Below(2) == 0   ? port::Reach::kAnswered
                              : Below(2) == 0 ? port::Reach::kUnreachable
                                              : port::Reach::kTimedOut;
    // The lane has the place back when `done` returns, or starts the next call from inside it.
    Place& place = places_[destination];
    --place.out;
    place.out_at_set = std::min(place.out_at_set, std::max(place.out, LimitOf(place)));
    out.done({.outcome = core::Outcome::kUnknown, .reach = reach});
  }

  void Check() {
    size_t queued = 0;
    size_t out = 0;
    uint64_t calls = 0;
    for (const LaneStats& stats : lanes_->Stats()) {
      calls += stats.calls;
      out += stats.in_flight;
      if (!stats.paused) queued += stats.queued;
      EXPECT_LE(stats.queued, settings_.queue);
      if (stats.breaker != BreakerState::kClosed && !stats.paused) {
        EXPECT_EQ(stats.queued, 0u);
      }
      CheckRate(stats);
    }
    EXPECT_EQ(out, out_.size());
    EXPECT_EQ(calls, calls_);
    EXPECT_EQ(lanes_->Calls(), calls_);
    EXPECT_EQ(lanes_->Pending(), out + queued);
  }

  // Since it was set, no more than the rate allows plus one burst.
  void CheckRate(const LaneStats& stats) {
    const std::vector<base::Time>& starts = places_[stats.destination].starts;
    if (stats.rate <= 0 || starts.empty()) return;
    const double passed = static_cast<double>((world_.Now() - starts.front()).micros) / 1e6;
    const double burst = std::max(stats.rate / 10, 1.0);
    EXPECT_LE(static_cast<double>(starts.size()), passed * stats.rate + burst + 1e-3)
        << stats.destination << " at " << stats.rate;
  }

  void End() {
    for (const std::string& destination : kDestinations) Apply(destination, {});
    for (int i = 0; i < 10'000 && lanes_->Pending() > 0; ++i) {
      FinishOne();
      if (out_.empty()) {
        world_.RunUntil(world_.Now() + base::Seconds(1), [] { return false; });
      }
    }
    Check();
    EXPECT_EQ(lanes_->Pending(), 0u);
    for (const auto& [name, branch] : branches_) {
      if (!branch.taken || (branch.off->load() && !branch.called)) continue;
      EXPECT_EQ(branch.done, 1) << name << " never ended";
    }
    lanes_->Close();
  }

  void Close() {
    lanes_->Close();
    closed_ = true;
    Offer(kDestinations[0]);
    Set(kDestinations[1]);
    while (!out_.empty()) FinishOne();
    world_.RunUntil(world_.Now() + base::Seconds(100), [] { return false; });
    EXPECT_EQ(lanes_->Pending(), 0u);
    for (const auto& [name, branch] : branches_) {
      if (branch.called) {
        EXPECT_EQ(branch.done, 1) << name << " was out and never ended";
      }
    }
  }

  std::mt19937_64 chance_;
  simulation::World world_{1};
  simulation::SimExecutor executor_;
  LaneSettings settings_;
  std::shared_ptr<LaneSet> lanes_;
  std::map<std::string, Branch> branches_;
  std::map<std::string, Place> places_;
  std::vector<Out> out_;
  uint64_t calls_ = 0;
  bool closed_ = false;
};

TEST(LaneProperty, WhatIsTakenEndsOnceAndNoLimitIsPassed) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos(seed).Play(400);
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace saga::engine
