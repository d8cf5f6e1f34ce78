#include "tests/simulation/nodes_run.h"

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "tests/simulation/bank.h"
#include "tests/simulation/client.h"
#include "tests/simulation/message_auditor.h"
#include "tests/simulation/operator.h"
#include "tests/simulation/orders.h"
#include "tests/simulation/shared_store.h"
#include "tests/simulation/sim_directory.h"
#include "tests/simulation/sim_network.h"
#include "tests/simulation/sim_node.h"
#include "tests/simulation/sim_peers.h"
#include "tests/simulation/sim_publisher.h"
#include "tests/simulation/workflow_client.h"
#include "tests/simulation/world.h"

namespace saga::simulation {

namespace {

constexpr base::Duration kLease = base::Seconds(5);
constexpr base::Duration kFaultyPhase = base::Seconds(120);
constexpr base::Duration kKindPhase = base::Seconds(2 * 3600);
// Of one phase: many times what any has, counting that nodes look at the store all the time.
constexpr uint64_t kMostEvents = 2'000'000;

engine::EngineOptions Options() {
  engine::EngineOptions options;
  options.runners = 2;
  options.max_batch = 8;
  options.registered_attempt_limit = 6;
  options.messages.event_topic = kEvents;
  options.messages.dead_letter_topic = kDeadLetters;
  options.messages.source = "/sagad/simulated";
  return options;
}

// Nobody has another door than gRPC here: what goes over the log is the other simulation's.
class NoFallback : public port::ParticipantDirectory {
 public:
  std::optional<port::ParticipantFacts> Facts(std::string_view target) override {
    std::optional<port::ParticipantFacts> facts = registered_.Facts(target);
    if (facts.has_value()) facts->command_topic.clear();
    return facts;
  }
  absl::StatusOr<port::Pick> PickInstance(std::string_view target) override {
    return registered_.PickInstance(target);
  }
  void Finish(const port::Pick&, bool) override {}

 private:
  SimDirectory registered_;
};

class NodesRun {
 public:
  explicit NodesRun(const NodesOptions& options)
      : options_(options),
        world_(options.seed),
        bank_(true),
        broker_(&world_, &faults_),
        shared_(&world_, kLease),
        peers_(&world_, &faults_),
        operator_(
            &world_, &bank_, [this] { return AnyEngine(); }, [this] { return &shared_.disk(); }) {
    world_.PrintLog(options.print);
  }

  NodesResult Go() {
    DrawFaults();
    DrawClients();
    for (int i = 0; i < options_.nodes; ++i) Join();
    operator_.Start();
    for (size_t i = 0; i < places_.size(); ++i) PlanTrouble(i);
    Look();
    RunFor(kFaultyPhase, [] { return false; });
    BeKind();
    operator_.Be(Operator::Mood::kAway);
    RunFor(kKindPhase, [this] { return All(&NodesRun::EndedOrParked); });
    operator_.Be(Operator::Mood::kTidying);
    RunFor(kKindPhase, [this] { return All(&NodesRun::Ended); });
    RunFor(base::Seconds(120), [] { return false; });
    return Judge();
  }

 private:
  // A process, and what is around it alone.
  struct Place {
    std::string name;
    std::unique_ptr<SimNetwork> network;
    std::unique_ptr<SimPublisher> publisher;
    std::unique_ptr<SimNode> node;  // null: it is down
  };

  void DrawFaults() {
    const auto maybe = [this](double probability) {
      return world_.Chance(0.6) ? probability : 0.0;
    };
    faults_.request_lost = maybe(0.05);
    faults_.request_doubled = maybe(0.05);
    faults_.request_late = maybe(0.03);
    faults_.reply_lost = maybe(0.05);
    faults_.commit_refused = maybe(0.02);
    faults_.commit_unknown = maybe(0.04);
    faults_.store_stall = maybe(0.02);
    // Longer than a lease, now and then: the process runs on, and its store was slow.
    faults_.stall_max = world_.Chance(0.3) ? base::Seconds(8) : base::Seconds(2);
    faults_.outbox_fails = maybe(0.05);
    faults_.run_dies = maybe(0.1);
  }

  void DrawClients() {
    const EngineNow engine = [this] { return AnyEngine(); };
    int number = 0;
    const auto next_gid = [&] {
      return "order-" + std::to_string(options_.seed) + "-" + std::to_string(++number);
    };
    const auto add = [this](std::unique_ptr<Customer> customer) {
      customers_.push_back(std::move(customer));
      customers_.back()->Start(world_.Between(base::Micros(0), base::Seconds(60)));
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

  // --- the nodes

  void Join() {
    places_.emplace_back();
    Place& place = places_.back();
    place.name = "node-" + std::to_string(places_.size());
    Start(place);
  }

  void Start(Place& place) {
    world_.Log(place.name + " starts");
    place.network = std::make_unique<SimNetwork>(&world_, &bank_, &faults_,
                                                 [](const std::string&) { return false; });
    place.publisher = std::make_unique<SimPublisher>(&world_, &broker_, &faults_, nullptr);
    place.node = std::make_unique<SimNode>(
        SimNode::Around{.world = &world_,
                        .shared = &shared_,
                        .peers = &peers_,
                        .faults = &faults_,
                        .caller = place.network.get(),
                        .directory = &directory_,
                        .publisher = place.publisher.get(),
                        .delay = [this](const std::string& strand) { return Delay(strand); }},
        place.name, Options());
  }

  base::Duration Delay(const std::string& strand) {
    if (strand == "store" && world_.Chance(faults_.store_stall))
      return world_.Between(base::Millis(1), faults_.stall_max);
    return world_.Between(base::Micros(1), strand == "store" ? base::Millis(3) : base::Micros(50));
  }

  // Whatever is between the clients and the nodes sends them anywhere, also to one that is stopped.
  engine::Engine* AnyEngine() {
    std::vector<SimNode*> running;
    for (Place& place : places_) {
      if (place.node != nullptr) running.push_back(place.node.get());
    }
    return running.empty() ? nullptr : &running[world_.Below(running.size())]->engine();
  }

  void PlanTrouble(size_t number) {
    world_.After(world_.Between(base::Seconds(1), base::Seconds(40)), [this, number] {
      if (kind_) return;
      Place& place = places_[number];
      if (place.node != nullptr) {
        switch (world_.Below(4)) {
          case 0:
            Kill(place);
            break;
          case 1:
            Leave(place);
            break;
          default:
            Freeze(place);
            break;
        }
      }
      PlanTrouble(number);
    });
  }

  void Kill(Place& place) {
    world_.Log(place.name + " is killed");
    ++result_.kills;
    End(place);
  }

  void Leave(Place& place) {
    if (place.node->Frozen()) return;
    world_.Log(place.name + " leaves");
    ++result_.leaves;
    place.node->Leave();
    End(place);
  }

  void End(Place& place) {
    place.node.reset();
    place.publisher.reset();
    place.network.reset();
    world_.After(world_.Between(base::Millis(10), base::Seconds(15)), [this, &place] {
      if (place.node != nullptr) return;
      ++result_.joins;
      Start(place);
    });
  }

  void Freeze(Place& place) {
    if (place.node->Frozen()) return;
    const base::Duration time = world_.Between(base::Seconds(1), base::Seconds(20));
    world_.Log(place.name + " is stopped");
    if (time > kLease) ++result_.freezes;
    place.node->Freeze();
    world_.After(time, [this, &place, node = place.node.get()] {
      if (place.node.get() != node) return;
      world_.Log(place.name + " goes on");
      place.node->Thaw();
    });
  }

  // As sagad does every second, for what nodes that are gone left.
  void Look() {
    for (Place& place : places_) {
      if (place.node != nullptr && !place.node->Frozen()) place.node->engine().LookAtOutbox();
    }
    world_.After(base::Seconds(1), [this] { Look(); });
  }

  void BeKind() {
    faults_ = Faults::None();
    kind_ = true;
    for (Place& place : places_) {
      if (place.node == nullptr) {
        Start(place);
      } else if (place.node->Frozen()) {
        place.node->Thaw();
      }
    }
  }

  void RunFor(base::Duration duration, const std::function<bool()>& enough) {
    const uint64_t most = world_.Events() + kMostEvents;
    const auto endless = [&] { return world_.Events() > most; };
    world_.RunUntil(world_.Now() + duration, [&] { return enough() || endless(); });
    if (endless()) result_.findings.push_back("things happen without end");
  }

  // --- how far it has come, and the end

  static bool Ended(const core::GlobalTransaction& record) { return core::IsFinal(record.status); }
  static bool EndedOrParked(const core::GlobalTransaction& record) {
    return Ended(record) || AuditParked({{record.gid, record}}).empty();
  }

  bool All(bool (*so)(const core::GlobalTransaction&)) {
    if (world_.Events() < next_look_) return false;
    next_look_ = world_.Events() + 200;
    if (operator_.Owes()) return false;
    for (const auto& customer : customers_) {
      const auto record = shared_.disk().Load(customer->gid());
      if (record.ok() && !so(*record)) return false;
      if (!customer->Done() && !(record.ok() && !Ended(*record))) return false;
    }
    return true;
  }

  NodesResult Judge() {
    const auto add = [&](std::vector<std::string> findings) {
      for (std::string& finding : findings) result_.findings.push_back(std::move(finding));
    };
    Records records;
    for (const auto& customer : customers_) {
      const auto record = shared_.disk().Load(customer->gid());
      add(customer->Judge(record, bank_));
      if (!customer->Done())
        result_.findings.push_back(customer->gid() + ": its client never got an answer");
      if (!record.ok()) continue;
      records.emplace(customer->gid(), *record);
      if (!Ended(*record)) result_.findings.push_back(customer->gid() + ": it never ended");
      ++(record->status == core::Status::kSucceed ? result_.succeed : result_.failed);
    }
    add(AuditMessages(records, broker_, shared_.disk()));
    if (bank_.Total() != 0) result_.findings.push_back("money was made or lost");
    result_.fingerprint = world_.Fingerprint();
    result_.takeovers = shared_.Takeovers();
    result_.fenced_writes = shared_.FencedWrites();
    result_.forwarded = peers_.Asked();
    result_.not_mine = peers_.NotMine();
    return std::move(result_);
  }

  const NodesOptions options_;
  World world_;
  Bank bank_;
  Faults faults_;
  SimBroker broker_;
  SharedStore shared_;
  SimPeers peers_;
  NoFallback directory_;
  Operator operator_;
  std::vector<std::unique_ptr<Customer>> customers_;
  std::deque<Place> places_;  // they stay where they are
  NodesResult result_;
  bool kind_ = false;
  uint64_t next_look_ = 0;
};

}  // namespace

NodesResult SimulateNodes(const NodesOptions& options) { return NodesRun(options).Go(); }

}  // namespace saga::simulation
