#include "tests/simulation/simulation.h"

#include <memory>

#include "orchestrator/adapter/memory/memory_store.h"
#include "orchestrator/engine/engine.h"
#include "tests/simulation/bank.h"
#include "tests/simulation/client.h"
#include "tests/simulation/orders.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/sim_network.h"
#include "tests/simulation/sim_store.h"
#include "tests/simulation/workflow_client.h"
#include "tests/simulation/world.h"
#include "tests/fixture/silent_observer.h"

namespace saga::simulation {

namespace {

constexpr base::Duration kFaultyPhase = base::Seconds(120);
// After the last fault everything has to end within this long: the longest backoff that the faults
// can have built up.
constexpr base::Duration kKindPhase = base::Seconds(2 * 3600);

// One life of the process.
struct Life {
  Life(World* world, Bank* bank, const Faults* faults, adapter::MemoryStore::State state)
      : store(world, faults, &disk),
        network(world, bank, faults),
        executor(world, [world, faults](const std::string& strand) {
          return Delay(*world, *faults, strand);
        }) {
    disk.Restore(std::move(state));
    engine::EngineOptions options;
    options.runners = 2;
    options.max_batch = 8;  // small, so that batches split
    engine = std::make_unique<engine::Engine>(
        options, engine::Engine::Ports{&store, &network, world, world, &executor, &observer});
    engine->Start();
  }

  static base::Duration Delay(World& world, const Faults& faults, const std::string& strand) {
    if (strand == "store" && world.Chance(faults.store_stall))
      return world.Between(base::Millis(1), faults.stall_max);
    return world.Between(base::Micros(1), strand == "store" ? base::Millis(3) : base::Micros(50));
  }

  adapter::MemoryStore disk;
  SimStore store;
  SimNetwork network;
  SimExecutor executor;
  fixture::SilentObserver observer;
  std::unique_ptr<engine::Engine> engine;
};

class Run {
 public:
  explicit Run(const SimulationOptions& options)
      : options_(options), world_(options.seed), bank_(options.barrier) {
    world_.PrintLog(options.print);
  }

  SimulationResult Go() {
    if (options_.faults) DrawFaults();
    DrawClients();
    StartProcess({});
    if (options_.faults) PlanCrash();
    RunFor(kFaultyPhase, [] { return false; });
    faults_ = Faults::None();
    kind_ = true;
    RunFor(kKindPhase, [this] { return AllEnded(); });
    // Whatever is still on the wire arrives now, into a world where everything has ended.
    RunFor(base::Seconds(120), [] { return false; });
    return Judge();
  }

 private:
  void DrawFaults() {
    // Not every world has every fault: a rare combination needs quiet around it to show.
    const auto maybe = [this](double probability) {
      return world_.Chance(0.6) ? probability : 0.0;
    };
    faults_.request_lost = maybe(0.1);
    faults_.request_doubled = maybe(0.1);
    faults_.request_late = maybe(0.1);
    faults_.reply_lost = maybe(0.1);
    faults_.latency_max = world_.Chance(0.3) ? base::Seconds(4) : base::Millis(5);
    faults_.commit_refused = maybe(0.05);
    faults_.commit_unknown = maybe(0.05);
    faults_.store_stall = maybe(0.05);
    faults_.run_dies = maybe(0.15);
    faults_.crash = 1.0 / 20;
  }

  void DrawClients() {
    const EngineNow engine = [this] { return life_ == nullptr ? nullptr : life_->engine.get(); };
    const auto add = [this](std::unique_ptr<Customer> customer) {
      customers_.push_back(std::move(customer));
      customers_.back()->Start(world_.Between(base::Micros(0), base::Seconds(60)));
    };
    // Gids that are prefixes of each other must not mix.
    int number = 0;
    const auto next_gid = [&] {
      return "order-" + std::to_string(options_.seed) + "-" + std::to_string(++number);
    };
    const auto add_many = [&](int count, Order (*draw)(World&, Bank&, const std::string&)) {
      for (int i = 0; i < count; ++i)
        add(std::make_unique<Client>(&world_, &bank_, engine, draw(world_, bank_, next_gid())));
    };
    add_many(options_.sagas, DrawSaga);
    add_many(options_.tccs, DrawTcc);
    add_many(options_.messages, DrawMessage);
    add_many(options_.xas, DrawXa);
    for (int i = 0; i < options_.workflows; ++i)
      add(std::make_unique<WorkflowClient>(&world_, &bank_, &faults_, engine,
                                           DrawWorkflow(world_, bank_, next_gid())));
  }

  void StartProcess(adapter::MemoryStore::State state) {
    world_.Log("start");
    life_ = std::make_unique<Life>(&world_, &bank_, &faults_, std::move(state));
  }

  void PlanCrash() {
    world_.After(
        world_.Between(base::Seconds(1), base::Micros(static_cast<int64_t>(2e6 / faults_.crash))),
        [this] {
          if (kind_ || life_ == nullptr) return;
          if (world_.Chance(0.5)) {
            crash_ = true;
          } else {
            life_->store.CrashInNextCommit();
          }
        });
  }

  void Crash() {
    world_.Log("crash");
    ++crashes_;
    adapter::MemoryStore::State state = life_->disk.Snapshot();
    life_.reset();
    crash_ = false;
    world_.After(world_.Between(base::Millis(10), base::Seconds(5)), [this, state]() mutable {
      StartProcess(std::move(state));
      if (!kind_) PlanCrash();
    });
  }

  void RunFor(base::Duration duration, const std::function<bool()>& enough) {
    const base::Time until = world_.Now() + duration;
    const auto crashing = [this] { return crash_ || (life_ != nullptr && life_->store.Crashed()); };
    while (!world_.RunUntil(until, [&] { return crashing() || enough(); })) {
      if (!crashing()) return;
      Crash();
    }
  }

  absl::StatusOr<core::GlobalTransaction> Record(const std::string& gid) {
    return life_->disk.Load(gid);
  }

  bool AllEnded() {
    // Looked at now and then only: the look itself is most of the cost.
    if (world_.Events() < next_look_ || life_ == nullptr) return false;
    next_look_ = world_.Events() + 200;
    for (const auto& customer : customers_) {
      if (!customer->Done()) return false;
      const auto record = Record(customer->gid());
      if (record.ok() && !core::IsFinal(record->status)) return false;
    }
    return true;
  }

  SimulationResult Judge() {
    SimulationResult result;
    for (const auto& customer : customers_) {
      const auto record = Record(customer->gid());
      for (std::string& finding : customer->Judge(record, bank_))
        result.findings.push_back(std::move(finding));
      if (!customer->Done())
        result.findings.push_back(customer->gid() + ": its client never got an answer");
      if (record.ok() && record->status == core::Status::kSucceed) ++result.succeed;
      if (record.ok() && record->status == core::Status::kFailed) ++result.failed;
    }
    if (bank_.Total() != 0) result.findings.push_back("money was made or lost");
    result.fingerprint = world_.Fingerprint();
    result.crashes = crashes_;
    result.calls = bank_.Calls();
    return result;
  }

  const SimulationOptions options_;
  World world_;
  Bank bank_;
  Faults faults_;
  std::vector<std::unique_ptr<Customer>> customers_;
  std::unique_ptr<Life> life_;  // null: the process is down
  bool crash_ = false;
  bool kind_ = false;
  uint64_t crashes_ = 0;
  uint64_t next_look_ = 0;
};

}  // namespace

SimulationResult Simulate(const SimulationOptions& options) { return Run(options).Go(); }

}  // namespace saga::simulation
