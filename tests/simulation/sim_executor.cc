#include "tests/simulation/sim_executor.h"

#include <utility>

namespace saga::simulation {

namespace {

class SimStrand : public port::Strand {
 public:
  SimStrand(World* world, SimExecutor::Delay delay, std::shared_ptr<Freezer> process,
            std::string name, std::function<void()> body)
      : state_(std::make_shared<State>()) {
    state_->world = world;
    state_->delay = std::move(delay);
    state_->process = std::move(process);
    state_->name = std::move(name);
    state_->body = std::move(body);
  }
  ~SimStrand() override { Stop(); }

  void Notify() override {
    if (state_->stopped || state_->notified) return;
    state_->notified = true;
    state_->world->After(state_->delay(state_->name), [state = state_] {
      WhenItRuns(state, [state] {
        state->notified = false;
        Run(*state);
      });
    });
  }

  void WakeAt(base::Time when) override {
    const uint64_t generation = ++state_->wake_generation;
    if (when == base::kNever) return;
    state_->world->At(when, [state = state_, generation] {
      WhenItRuns(state, [state, generation] {
        if (generation == state->wake_generation) Run(*state);
      });
    });
  }

  void Stop() override { state_->stopped = true; }

 private:
  struct State {
    World* world = nullptr;
    SimExecutor::Delay delay;
    std::shared_ptr<Freezer> process;
    std::string name;
    std::function<void()> body;
    bool notified = false;
    bool stopped = false;
    uint64_t wake_generation = 0;
  };

  static void WhenItRuns(const std::shared_ptr<State>& state, std::function<void()> what) {
    if (state->process == nullptr) {
      what();
    } else {
      state->process->Run(std::move(what));
    }
  }

  static void Run(State& state) {
    if (!state.stopped) state.body();
  }

  const std::shared_ptr<State> state_;  // planned entries outlive a crashed process
};

}  // namespace

std::unique_ptr<port::Strand> SimExecutor::NewStrand(std::string name, std::function<void()> body) {
  return std::make_unique<SimStrand>(world_, delay_, process_, std::move(name), std::move(body));
}

}  // namespace saga::simulation
