#pragma once

// Lanes alone on simulated time, with a participant whose calls the test ends as it likes, a
// directory and a publisher.

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/engine/lane.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/world.h"

namespace saga::engine {

struct LaneStageOptions {
  LaneSettings settings = {};
  uint32_t fallback_after_unknown = 3;
  bool messages = false;  // there are a directory and a publisher
};

class LaneStage : public port::BranchCaller,
                  public port::ParticipantDirectory,
                  public port::MessagePublisher {
 public:
  using Done = port::BranchCaller::Done;

  explicit LaneStage(const LaneStageOptions& options = {});
  ~LaneStage() override;

  LaneSet& lanes() { return *lanes_; }
  simulation::World& world() { return world_; }
  void Run(base::Duration time);
  base::Time Now() { return world_.Now(); }

  // Offers a call to `target`; its end is noted in `ended`.
  Offered Offer(const std::string& name, const std::string& target = "p:1/P/Do",
                uint32_t unknown_streak = 0, CallOff off = nullptr,
                core::Op op = core::Op::kAction);
  void OfferMany(size_t count, const std::string& target = "p:1/P/Do");

  // Ends the call that has been out longest.
  void Answer(port::Reach reach = port::Reach::kAnswered);
  void AnswerAll(port::Reach reach = port::Reach::kAnswered);
  // Calls that fail, one after the other, until the breaker has opened.
  void MakeOpen(const std::string& target = "p:1/P/Do");
  LaneStats StatsOf(const std::string& destination = "p:1");

  struct Out {
    std::string name;
    std::string target;
    Done done;
  };
  struct Ended {
    std::string name;
    port::BranchReply reply;
    base::Time time;
  };
  std::deque<Out> out;
  std::vector<Ended> ended;
  std::vector<base::Time> starts;
  size_t opened = 0;
  std::optional<port::ParticipantFacts> facts;  // of every target
  size_t facts_asked = 0;
  bool reachable = true;  // the publisher

  // port::BranchCaller
  void Call(port::BranchCall call, Done done) override;
  // port::ParticipantDirectory
  std::optional<port::ParticipantFacts> Facts(std::string_view target) override;
  absl::StatusOr<port::Pick> PickInstance(std::string_view target) override;
  void Finish(const port::Pick&, bool) override {}
  // port::MessagePublisher
  bool Publish(const base::Message&, port::MessagePublisher::Done) override { return false; }
  bool Reachable() const override { return reachable; }

 private:
  simulation::World world_{1};
  simulation::SimExecutor executor_;
  std::shared_ptr<LaneSet> lanes_;
};

}  // namespace saga::engine
