#pragma once

// The production engine on simulated time, with participants that a test scripts: for questions
// about the engine that have one right answer. Questions about chance are the simulator's
// (tests/simulation).

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/engine/engine.h"
#include "tests/fixture/silent_observer.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/world.h"
#include "tests/unit/engine/post.h"

namespace saga::engine {

// What a participant says about a call, and when. No reply: it hangs, and the call ends unknown at
// its timeout.
struct Scripted {
  core::Outcome outcome = core::Outcome::kSuccess;
  base::Duration after = base::Millis(1);
  bool hangs = false;
  port::Reach reach = port::Reach::kAnswered;
  core::DeadReason hopeless = core::DeadReason::kNone;
};

class Stage : public port::BranchCaller, public fixture::SilentObserver {
 public:
  explicit Stage(EngineOptions options = {});
  // As above, with a way round (post): destinations may register, and everything is published.
  struct WithPost {};
  Stage(EngineOptions options, WithPost);
  ~Stage() override;

  // Decides about every call; success after 1 ms when not set.
  std::function<Scripted(const port::BranchCall&)> participant;
  // Decides about every commit before it reaches the store; done when not set.
  std::function<port::WriteResult::Kind(const port::Write&)> disk;
  bool loads_fail = false;

  Engine& engine() { return *engine_; }
  adapter::MemoryStore& store() { return store_; }
  simulation::World& world() { return world_; }
  // Only of a stage that was made with it.
  Post& post() { return *post_; }

  void Run(base::Duration time);
  // As kill -9 and a start: what is in memory is gone, what is stored is there.
  void Restart();

  // A saga of `steps` steps whose targets are at `host`.
  static core::GlobalTransaction Saga(const std::string& gid, size_t steps,
                                      const std::string& host = "p:1");
  Answer SubmitAndRun(core::GlobalTransaction draft, WaitFor wait, base::Duration time);
  core::Status StatusOf(const std::string& gid);
  // As stored.
  core::GlobalTransaction Record(const std::string& gid);

  std::vector<std::string> calls;  // "gid/01/action"
  size_t commits = 0;
  size_t refused = 0;
  std::vector<std::string> rests;  // "gid status number of unknown outcomes in a row"

  // port::BranchCaller
  void Call(port::BranchCall call, Done done) override;
  // port::Observer
  void OnCommit(size_t, size_t, base::Duration) override { ++commits; }
  void OnRefused(const std::string&) override { ++refused; }
  void OnRested(const core::GlobalTransaction& transaction) override;

 private:
  class Disk;

  void Start();
  void StoreOutbox(const port::Write& write);

  EngineOptions options_;
  simulation::World world_{1};
  std::unique_ptr<Post> post_;
  adapter::MemoryStore store_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<port::Executor> executor_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<bool> alive_;
};

}  // namespace saga::engine
