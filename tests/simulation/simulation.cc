#include "tests/simulation/simulation.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/bank.h"
#include "tests/simulation/client.h"
#include "tests/simulation/life.h"
#include "tests/simulation/message_auditor.h"
#include "tests/simulation/operator.h"
#include "tests/simulation/orders.h"
#include "tests/simulation/sim_intake.h"
#include "tests/simulation/workflow_client.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

namespace {

constexpr base::Duration kFaultyPhase = base::Seconds(120);
// After the last fault everything has to end, or to be parked, within this long: the longest
// backoff that the faults can have built up.
constexpr base::Duration kKindPhase = base::Seconds(2 * 3600);

// Of one phase: many times what any has.
constexpr uint64_t kMostEvents = 300'000;

class Run {
 public:
  explicit Run(const SimulationOptions& options)
      : options_(options),
        world_(options.seed),
        bank_(options.barrier),
        broker_(&world_, &faults_),
        operator_(
            &world_, &bank_, [this] { return life_.has_value() ? &life_->engine() : nullptr; },
            [this] { return life_.has_value() ? &life_->disk() : nullptr; }) {
    world_.PrintLog(options.print);
    for (int number = 0; number < kBanks; ++number) {
      if (!IsRegistered(number)) continue;
      intakes_.push_back(
          std::make_unique<SimIntake>(&world_, &broker_, &bank_, &faults_, BankName(number)));
    }
  }

  SimulationResult Go() {
    if (options_.faults) DrawFaults();
    DrawClients();
    StartProcess({});
    operator_.Start();
    if (options_.faults) PlanTrouble();
    RunFor(kFaultyPhase, [] { return false; });
    BeKind();
    operator_.Be(Operator::Mood::kAway);
    RunFor(kKindPhase, [this] { return All(&Run::EndedOrParked); });
    JudgeParked();
    operator_.Be(Operator::Mood::kTidying);
    RunFor(kKindPhase, [this] { return All(&Run::Ended); });
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
    faults_.bank_vanishes = maybe(1.0 / 25);
    faults_.outbox_fails = maybe(0.05);
    faults_.message_doubled = maybe(0.1);
    faults_.confirmation_lost = maybe(0.1);
    faults_.publish_given_up = maybe(0.3);
    faults_.group_rewinds = maybe(0.1);
    faults_.intake_dies = maybe(0.1);
    faults_.broker_leaves = maybe(1.0 / 30);
    faults_.broker_crashes = maybe(0.5);
  }

  void DrawClients() {
    const EngineNow engine = [this] { return life_.has_value() ? &life_->engine() : nullptr; };
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

  // --- the process

  void StartProcess(adapter::MemoryStore::State state) {
    world_.Log("start");
    life_.emplace(Life::Around{
                      .world = &world_,
                      .bank = &bank_,
                      .broker = &broker_,
                      .faults = &faults_,
                      .away = [this](const std::string& target) { return IsAway(target); },
                      .found =
                          [this](const std::string& finding) {
                            if (!finding.empty()) findings_.push_back(finding);
                          },
                  },
                  std::move(state));
  }

  void PlanCrash() {
    After(faults_.crash, [this] {
      if (!life_.has_value()) return;
      using Point = CrashSwitch::Point;
      const Point point = std::array{Point::kNone, Point::kCommit, Point::kPublish,
                                     Point::kRemove}[world_.Below(4)];
      if (point == Point::kNone) {
        crash_ = true;
      } else {
        life_->crash().Arm(point);
      }
    });
  }

  void Crash() {
    world_.Log("crash");
    ++crashes_;
    adapter::MemoryStore::State state = life_->disk().Snapshot();
    if (options_.on_disk) options_.on_disk(state);
    life_.reset();
    crash_ = false;
    world_.After(world_.Between(base::Millis(10), base::Seconds(5)), [this, state]() mutable {
      StartProcess(std::move(state));
      if (!kind_) PlanCrash();
    });
  }

  bool Crashing() { return crash_ || (life_.has_value() && life_->crash().Happened()); }

  void RunFor(base::Duration duration, const std::function<bool()>& enough) {
    const base::Time until = world_.Now() + duration;
    const uint64_t most = world_.Events() + kMostEvents;
    const auto endless = [&] { return world_.Events() > most; };
    while (!world_.RunUntil(until, [&] { return Crashing() || enough() || endless(); })) {
      if (!Crashing()) break;
      Crash();
    }
    if (endless()) findings_.push_back("things happen without end");
  }

  // --- what happens to the others

  // `what` once, some time from now, unless the faults have ended by then; `rate` per second.
  void After(double rate, std::function<void()> what) {
    if (rate <= 0) return;
    world_.After(world_.Between(base::Seconds(1), base::Micros(static_cast<int64_t>(2e6 / rate))),
                 [this, what = std::move(what)] {
                   if (!kind_) what();
                 });
  }

  void PlanTrouble() {
    PlanCrash();
    PlanBrokerTrouble();
    for (int bank = 0; bank < kBanks; ++bank) PlanVanishing(bank);
    LookAtBreakers();
  }

  void PlanBrokerTrouble() {
    After(faults_.broker_leaves, [this] {
      broker_.GoDown(world_.Chance(faults_.broker_crashes));
      world_.After(world_.Between(base::Millis(100), base::Seconds(20)), [this] {
        if (broker_.Up()) return;
        broker_.ComeUp();
        PlanBrokerTrouble();
      });
    });
  }

  // The bank's address is not there; its intake may be.
  void PlanVanishing(int bank) {
    After(faults_.bank_vanishes, [this, bank] {
      world_.Log(BankName(bank) + " vanishes");
      away_.insert(BankDestination(bank));
      const bool intake = IsRegistered(bank) && world_.Chance(0.3);
      if (intake) intakes_[static_cast<size_t>(bank)]->SetAway(true);
      world_.After(world_.Between(base::Seconds(1), base::Seconds(30)), [this, bank, intake] {
        away_.erase(BankDestination(bank));
        if (intake) intakes_[static_cast<size_t>(bank)]->SetAway(false);
        PlanVanishing(bank);
      });
    });
  }

  // Now and then somebody pauses one, too, and goes on a little later.
  void LookAtBreakers() {
    if (life_.has_value()) {
      openings_ += life_->CountOpenings();
      if (world_.Chance(0.1)) Pause(BankDestination(static_cast<int>(world_.Below(kBanks))));
    }
    world_.After(base::Seconds(1), [this] {
      if (!kind_) LookAtBreakers();
    });
  }

  void Pause(const std::string& destination) {
    life_->engine().SetDestination(destination, {.paused = true});
    world_.After(world_.Between(base::Seconds(1), base::Seconds(5)), [this, destination] {
      if (life_.has_value()) life_->engine().SetDestination(destination, {});
    });
  }

  bool IsAway(const std::string& target) const {
    return away_.contains(target.substr(0, target.find('/')));
  }

  void BeKind() {
    faults_ = Faults::None();
    kind_ = true;
    away_.clear();
    for (const auto& intake : intakes_) intake->SetAway(false);
    if (!broker_.Up()) broker_.ComeUp();
  }

  // --- how far it has come

  static bool Ended(const core::GlobalTransaction& record) { return core::IsFinal(record.status); }
  static bool EndedOrParked(const core::GlobalTransaction& record) {
    return Ended(record) || AuditParked({{record.gid, record}}).empty();
  }

  bool All(bool (*so)(const core::GlobalTransaction&)) {
    // Looked at now and then only: the look itself is most of the cost.
    if (world_.Events() < next_look_ || !life_.has_value()) return false;
    next_look_ = world_.Events() + 200;
    if (operator_.Owes()) return false;
    for (const auto& customer : customers_) {
      const auto record = life_->disk().Load(customer->gid());
      if (record.ok() && !so(*record)) return false;
      // Some wait for the end of what is parked.
      if (!customer->Done() && !(record.ok() && !Ended(*record))) return false;
    }
    return true;
  }

  Records AllRecords() {
    Records records;
    for (const auto& customer : customers_) {
      const auto record = life_->disk().Load(customer->gid());
      if (record.ok()) records.emplace(customer->gid(), *record);
    }
    return records;
  }

  // --- the end

  void JudgeParked() {
    if (options_.on_disk) options_.on_disk(life_->disk().Snapshot());
    const Records records = AllRecords();
    for (std::string& finding : AuditParked(records)) findings_.push_back(std::move(finding));
    for (const auto& [gid, record] : records) parked_ += Ended(record) ? 0 : 1;
  }

  SimulationResult Judge() {
    if (options_.on_disk) options_.on_disk(life_->disk().Snapshot());
    SimulationResult result;
    result.findings = std::move(findings_);
    const auto add = [&](std::vector<std::string> findings) {
      for (std::string& finding : findings) result.findings.push_back(std::move(finding));
    };
    const Records records = AllRecords();
    for (const auto& customer : customers_) {
      const auto record = life_->disk().Load(customer->gid());
      add(customer->Judge(record, bank_));
      if (!customer->Done())
        result.findings.push_back(customer->gid() + ": its client never got an answer");
      if (record.ok() && record->status == core::Status::kSucceed) ++result.succeed;
      if (record.ok() && record->status == core::Status::kFailed) ++result.failed;
    }
    add(AuditMessages(records, broker_, life_->disk()));
    if (bank_.Total() != 0) result.findings.push_back("money was made or lost");
    result.fingerprint = world_.Fingerprint();
    result.crashes = crashes_;
    result.calls = bank_.Calls();
    for (const auto& intake : intakes_) result.commands += intake->Commands();
    result.broker_crashes = broker_.Crashes();
    result.breaker_openings = openings_;
    result.deaths = CountDeaths(broker_);
    result.parked = parked_;
    result.replays = operator_.done().replays;
    result.edits = operator_.done().edits;
    result.by_hand = operator_.done().by_hand;
    result.given_up = operator_.done().given_up;
    return result;
  }

  const SimulationOptions options_;
  World world_;
  Bank bank_;
  Faults faults_;
  SimBroker broker_;
  Operator operator_;
  std::vector<std::unique_ptr<SimIntake>> intakes_;  // of the banks that registered
  std::vector<std::unique_ptr<Customer>> customers_;
  std::optional<Life> life_;  // none: the process is down
  std::set<std::string> away_;
  bool crash_ = false;
  bool kind_ = false;
  uint64_t crashes_ = 0;
  uint64_t openings_ = 0;
  uint64_t parked_ = 0;
  uint64_t next_look_ = 0;
  std::vector<std::string> findings_;
};

}  // namespace

SimulationResult Simulate(const SimulationOptions& options) { return Run(options).Go(); }

}  // namespace saga::simulation
