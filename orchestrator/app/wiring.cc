#include "orchestrator/app/wiring.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/adapter/decorator/directory_caller.h"
#include "orchestrator/adapter/decorator/routed_caller.h"
#include "orchestrator/adapter/grpc/grpc_branch_caller.h"
#include "orchestrator/adapter/http/alert_webhook.h"
#include "orchestrator/adapter/http/http_branch_caller.h"
#include "orchestrator/adapter/system/system_clock.h"
#include "orchestrator/adapter/system/system_entropy.h"
#include "orchestrator/adapter/system/thread_executor.h"
#include "orchestrator/adapter/yaml/definition_loader.h"
#include "orchestrator/api/admin.h"
#include "orchestrator/api/definition_registry.h"
#include "orchestrator/api/dtm_grpc.h"
#include "orchestrator/api/dtm_http.h"
#include "orchestrator/api/grpc_server.h"
#include "orchestrator/api/http_router.h"
#include "orchestrator/api/http_server.h"
#include "orchestrator/api/metrics.h"
#include "orchestrator/api/participants.h"
#include "orchestrator/api/peer_client.h"
#include "orchestrator/api/peer_service.h"
#include "orchestrator/api/registry.h"
#include "orchestrator/api/topic_calls.h"
#include "orchestrator/api/topics.h"
#include "orchestrator/app/alert_log.h"
#include "orchestrator/app/alert_observer.h"
#include "orchestrator/app/config_report.h"
#include "orchestrator/app/data_dir.h"
#include "orchestrator/app/definition_check.h"
#include "orchestrator/app/fanout_observer.h"
#include "orchestrator/app/health_relay.h"
#include "orchestrator/app/log_observer.h"
#include "orchestrator/app/messaging.h"
#include "orchestrator/app/mysql_settings.h"
#include "orchestrator/app/operator_doors.h"
#include "orchestrator/app/readiness.h"
#include "orchestrator/app/scrape_facts.h"
#include "orchestrator/app/shared_look.h"
#include "orchestrator/app/stores.h"
#include "orchestrator/app/version.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/retention_sweep.h"

namespace saga::app {
namespace {

// How long doors wait for clients to take answers that are already given.
constexpr base::Duration kDoorGrace = base::Seconds(2);

core::RequestLimits LimitsOf(const Config& config) {
  return {
      .steps = static_cast<size_t>(config.limit_steps),
      .payload = static_cast<size_t>(config.limit_payload_bytes),
      .request = static_cast<size_t>(config.limit_request_bytes),
      .custom_data = static_cast<size_t>(config.limit_custom_data_bytes),
      .result = static_cast<size_t>(config.limit_result_bytes),
      .reason = static_cast<size_t>(config.limit_reason_bytes),
      .error = static_cast<size_t>(config.limit_error_bytes),
  };
}

engine::LaneSettings LaneSettingsOf(const Config& config) {
  return {
      .in_flight = static_cast<size_t>(config.lane_in_flight),
      .queue = static_cast<size_t>(config.lane_queue),
      .rate = static_cast<double>(config.lane_rate),
      .breaker = {.min_calls = static_cast<size_t>(config.breaker_min_calls),
                  .failure_ratio = static_cast<double>(config.breaker_failure_percent) / 100,
                  .slow_call = config.breaker_slow_call,
                  .window = config.breaker_window,
                  .open_for = config.breaker_open_for,
                  .max_open_for = config.breaker_max_open_for},
  };
}

engine::EngineOptions EngineOptionsOf(const Config& config) {
  engine::EngineOptions options;
  options.settings.timeout_to_fail = config.timeout_to_fail;
  options.settings.retry_interval = config.retry_interval;
  options.settings.request_timeout = config.request_timeout;
  options.settings.max_retry_interval = config.max_retry_interval;
  options.settings.limits = LimitsOf(config);
  options.peer_patience = std::max(options.peer_patience, config.node_lease + config.node_lease);
  options.runners = static_cast<size_t>(config.runners);
  options.max_live = static_cast<size_t>(config.max_live_transactions);
  options.max_batch = static_cast<size_t>(config.max_batch_writes);
  options.commit_delay = config.commit_delay;
  options.lane = LaneSettingsOf(config);
  options.attempt_limit = static_cast<uint32_t>(config.dead_letter_attempts);
  options.registered_attempt_limit = static_cast<uint32_t>(config.dead_letter_registered_attempts);
  options.messages.fallback_after_unknown = static_cast<uint32_t>(config.fallback_after_unknown);
  options.messages.reply_timeout = config.fallback_reply_timeout;
  options.messages.reply_topic = config.kafka_reply_topic;
  options.messages.event_topic = config.kafka_event_topic;
  options.messages.dead_letter_topic = config.kafka_dead_letter_topic;
  options.messages.source = config.kafka_source;
  return options;
}

std::vector<api::ConfigLine> ConfigLines(const LoadedConfig& loaded) {
  std::vector<api::ConfigLine> lines;
  for (const Setting& setting : loaded.settings)
    lines.push_back({setting.key->name, setting.text, OriginName(setting.origin), setting.where});
  return lines;
}

std::vector<api::ConfigLine> KafkaLines(const Messaging* messaging) {
  std::vector<api::ConfigLine> lines;
  if (messaging == nullptr) return lines;
  for (const std::string& setting : messaging->Settings()) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(setting, absl::MaxSplits(" = ", 1));
    lines.push_back({.key = parts.first, .value = parts.second});
  }
  return lines;
}

// The address as configured, with the port that was really taken.
std::string WithPort(const std::string& address, int port) {
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
}

// What a branch call goes through on its way out.
struct Callers {
  explicit Callers(port::ParticipantDirectory& participants) : directed(routed, participants) {}

  adapter::GrpcBranchCaller grpc;
  adapter::HttpBranchCaller http;
  adapter::RoutedCaller routed{http, grpc};
  adapter::DirectoryCaller directed;
};

}  // namespace

class Server::Impl {
 public:
  Impl(const LoadedConfig& loaded, Log& log)
      : config_(loaded.config),
        config_lines_(ConfigLines(loaded)),
        log_(log),
        log_observer_(log, clock_),
        metrics_({.version = Version(),
                  .grpc_version = grpc::Version(),
                  .scrape = [this] { return Scrape(); }}),
        alert_log_(log, clock_),
        observer_(Observers()),
        readiness_(clock_, [this] { return opened_.store->Ping(); }) {}

  bool Start(StartFailure* failure) {
    if (!LoadDefinitions(failure) || !OpenData(failure) || !OpenKafka(failure)) return false;
    MakeEngine();
    MakeRetention();
    if (!LoadDoors(failure) || !OpenGrpcDoor(failure) || !OpenHttpDoor(failure)) return false;
    if (!Announce(failure)) return false;
    engine_->Start();
    if (messaging_ != nullptr)
      messaging_->Start(engine_.get(), opened_.outbox, &clock_, &executor_);
    doors_->Start();
    if (retention_ != nullptr) retention_->Start();
    FollowOthers();
    started_ = true;
    return BecomeReady(failure);
  }

  void Stop();

 private:
  std::vector<port::Observer*> Observers();
  bool LoadDefinitions(StartFailure* failure);
  bool OpenData(StartFailure* failure);
  // Requests may be no larger than what the store holds.
  void TellOfStore();
  bool OpenKafka(StartFailure* failure);
  void MakeEngine();
  bool LoadDoors(StartFailure* failure);
  bool OpenGrpcDoor(StartFailure* failure);
  bool OpenHttpDoor(StartFailure* failure);
  void MakeRetention();
  // Where others work on the store too.
  void FollowOthers();
  bool Announce(StartFailure* failure);
  bool BecomeReady(StartFailure* failure);
  api::ScrapeFacts Scrape();
  void WaitForCalls();

  Config config_;
  const std::vector<api::ConfigLine> config_lines_;
  Log& log_;
  adapter::SystemClock clock_;
  adapter::SystemEntropy entropy_;
  api::GidSource gids_{clock_, entropy_};
  adapter::ThreadExecutor executor_;
  LogObserver log_observer_;
  api::Metrics metrics_;
  HealthRelay health_;
  AlertLog alert_log_;
  std::unique_ptr<adapter::AlertWebhook> alert_webhook_;  // null: no alerts
  std::unique_ptr<AlertObserver> alert_observer_;
  FanoutObserver observer_;
  OpenedStore opened_;
  Readiness readiness_;
  std::unique_ptr<api::DefinitionRegistry> definitions_;
  std::unique_ptr<api::Topics> topics_;
  std::unique_ptr<api::TopicCalls> topic_calls_;
  std::unique_ptr<api::Participants> participants_;
  // What stands further down uses what stands above, and goes first.
  std::unique_ptr<Messaging> messaging_;    // null: no Kafka
  std::unique_ptr<api::PeerClient> peers_;  // null, and so is its service: the store is ours alone
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Callers> callers_;
  std::unique_ptr<api::DtmGrpcService> dtm_grpc_;
  std::unique_ptr<api::AdminService> admin_;
  std::unique_ptr<api::RegistryService> registry_;
  std::unique_ptr<api::PeerService> peer_service_;
  std::unique_ptr<OperatorDoors> doors_;
  std::unique_ptr<engine::RetentionSweep> retention_;  // null: everything is kept
  std::unique_ptr<SharedLook> look_;                   // null: the store is ours alone
  std::unique_ptr<api::DtmHttpDoor> dtm_http_;
  api::HttpRouter router_;
  std::unique_ptr<api::GrpcServer> grpc_server_;
  std::unique_ptr<api::HttpServer> http_server_;
  bool started_ = false;
  bool ports_written_ = false;
  bool stopped_ = false;
};

std::vector<port::Observer*> Server::Impl::Observers() {
  std::vector<port::Observer*> observers = {&metrics_, &log_observer_, &health_};
  if (config_.alert_webhook.empty()) return observers;
  adapter::AlertWebhookOptions options;
  options.url = config_.alert_webhook;
  options.on_end = [this](port::AlertEnd end, const std::string& error) {
    metrics_.OnAlertEnd(end);
    alert_log_.OnEnd(end, error);
  };
  alert_webhook_ = std::make_unique<adapter::AlertWebhook>(std::move(options));
  alert_observer_ = std::make_unique<AlertObserver>(
      *alert_webhook_, static_cast<uint32_t>(config_.alert_retry_limit));
  observers.push_back(alert_observer_.get());
  return observers;
}

bool Server::Impl::LoadDefinitions(StartFailure* failure) {
  adapter::LoadedFolder folder;
  if (!config_.definitions.empty()) {
    folder = adapter::LoadDefinitions(config_.definitions, adapter::ProcessEnvironment(),
                                      LimitsOf(config_));
  }
  if (folder.problems.empty())
    folder.problems = CheckDefinitionTimes(folder.definitions, EngineOptionsOf(config_).settings);
  if (folder.problems.empty()) {
    definitions_ = std::make_unique<api::DefinitionRegistry>(std::move(folder.definitions));
    return true;
  }
  failure->code = ExitCode::kConfiguration;
  for (const std::string& problem : folder.problems) {
    absl::StrAppend(&failure->text, failure->text.empty() ? "" : "\nsagad: ", problem);
  }
  return false;
}

bool Server::Impl::OpenData(StartFailure* failure) {
  failure->code = ExitCode::kStore;
  if (const absl::Status usable = PrepareDataDir(config_.data_dir); !usable.ok()) {
    failure->text = std::string(usable.message());
    return false;
  }
  const char* crash_point = std::getenv(kCrashPointVariable);
  absl::StatusOr<OpenedStore> opened =
      OpenStore(config_, crash_point == nullptr ? "" : crash_point);
  if (!opened.ok()) {
    if (absl::IsInvalidArgument(opened.status())) failure->code = ExitCode::kConfiguration;
    failure->text = std::string(opened.status().message());
    return false;
  }
  opened_ = *std::move(opened);
  TellOfStore();
  topics_ = std::make_unique<api::Topics>(*opened_.kv, clock_);
  topic_calls_ = std::make_unique<api::TopicCalls>(*topics_);
  participants_ = std::make_unique<api::Participants>(*opened_.kv, clock_);
  if (opened_.nodes != nullptr) participants_->ShareWith(*opened_.nodes);
  absl::Status loaded = topics_->Load();
  if (loaded.ok()) loaded = participants_->Load();
  if (!loaded.ok()) {
    failure->text = std::string(loaded.message());
    return false;
  }
  return true;
}

void Server::Impl::TellOfStore() {
  for (const std::string& warning : opened_.warnings) log_.Warn(warning);
  if (opened_.adopted > 0)
    log_.Info("transactions taken over from DTM", {{"open", opened_.adopted}});
  if (!opened_.largest.has_value()) return;
  const auto lower = [](int64_t& limit, size_t largest) {
    limit = std::min(limit, static_cast<int64_t>(largest));
  };
  lower(config_.limit_payload_bytes, opened_.largest->payload);
  lower(config_.limit_custom_data_bytes, opened_.largest->custom_data);
  lower(config_.limit_result_bytes, opened_.largest->result);
  lower(config_.limit_reason_bytes, opened_.largest->reason);
}

bool Server::Impl::OpenKafka(StartFailure* failure) {
  if (config_.kafka_brokers.empty()) return true;
  absl::StatusOr<std::unique_ptr<Messaging>> messaging = Messaging::Open(config_, log_);
  if (!messaging.ok()) {
    *failure = {ExitCode::kConfiguration, std::string(messaging.status().message())};
    return false;
  }
  messaging_ = *std::move(messaging);
  for (const api::ParticipantView& participant : participants_->List("")) {
    if (!participant.command_topic.empty()) messaging_->NeedTopic(participant.command_topic);
  }
  return true;
}

void Server::Impl::MakeEngine() {
  callers_ = std::make_unique<Callers>(*participants_);
  if (opened_.nodes != nullptr) peers_ = std::make_unique<api::PeerClient>();
  engine_ = std::make_unique<engine::Engine>(
      EngineOptionsOf(config_),
      engine::Engine::Ports{
          .store = opened_.store.get(),
          .caller = &callers_->directed,
          .clock = &clock_,
          .entropy = &entropy_,
          .executor = &executor_,
          .observer = &observer_,
          .directory = participants_.get(),
          .publisher = messaging_ == nullptr ? nullptr : messaging_->publisher(),
          .outbox = opened_.outbox,
          .peers = peers_.get(),
      });
}

bool Server::Impl::LoadDoors(StartFailure* failure) {
  doors_ = std::make_unique<OperatorDoors>(OperatorDoors::Parts{
      .engine = engine_.get(),
      .store = &opened_,
      .clock = &clock_,
      .entropy = &entropy_,
      .executor = &executor_,
      .log = &log_,
      .lane = LaneSettingsOf(config_),
      .max_payload = LimitsOf(config_).payload,
      .kafka = messaging_ != nullptr,
  });
  const absl::Status loaded = doors_->Load();
  if (!loaded.ok()) *failure = {ExitCode::kStore, std::string(loaded.message())};
  return loaded.ok();
}

bool Server::Impl::OpenGrpcDoor(StartFailure* failure) {
  api::DtmGrpcOptions dtm_options;
  dtm_options.limits = LimitsOf(config_);
  dtm_options.on_answer = [this](std::string_view rpc, bool ok, base::Duration took) {
    metrics_.OnRpcAnswer(rpc, ok, took);
  };
  dtm_grpc_ =
      std::make_unique<api::DtmGrpcService>(*engine_, gids_, *topic_calls_, std::move(dtm_options));
  admin_ = std::make_unique<api::AdminService>(api::AdminService::Parts{
      .engine = engine_.get(),
      .query = opened_.query,
      .caller = &callers_->directed,
      .clock = &clock_,
      .definitions = definitions_.get(),
      .settings = EngineOptionsOf(config_).settings,
      .version = Version(),
      .commit = Commit(),
      .store = opened_.store->Name(),
      .nodes = opened_.nodes.get(),
      .node_name = NodeName(config_),
      .node_address = config_.grpc_listen,
      .config = [this] { return config_lines_; },
      .kafka_config = [this] { return KafkaLines(messaging_.get()); },
  });
  api::RegistryService::Parts registry_parts{.participants = participants_.get()};
  if (messaging_ != nullptr) {
    registry_parts.reply_topic = config_.kafka_reply_topic;
    registry_parts.kafka_brokers = config_.kafka_brokers;
    registry_parts.on_command_topic = [this](const std::string& topic) {
      messaging_->NeedTopic(topic);
    };
  }
  registry_ = std::make_unique<api::RegistryService>(std::move(registry_parts));
  std::vector<api::GrpcServer::Service> services = doors_->Services();
  services.insert(services.end(), {{api::kDtmService, dtm_grpc_->service()},
                                   {api::kAdminService, admin_->service()},
                                   {api::kRegistryService, registry_->service()}});
  api::GrpcServer::Options options;
  options.address = config_.grpc_listen;
  options.max_message_size = LimitsOf(config_).request + core::kGrpcMessageSlack;
  if (peers_ != nullptr) {
    peer_service_ = std::make_unique<api::PeerService>(*engine_);
    services.push_back({api::kPeerService, peer_service_->service()});
    // What another node took of a client arrives here with its own words around it.
    options.max_message_size += core::kMaxPeerMessageSlack;
  }
  auto server = api::GrpcServer::Start(options, services);
  if (!server.ok()) {
    *failure = {ExitCode::kAddress, std::string(server.status().message())};
    return false;
  }
  grpc_server_ = *std::move(server);
  return true;
}

bool Server::Impl::OpenHttpDoor(StartFailure* failure) {
  api::DtmHttpOptions door_options;
  door_options.version = Version();
  door_options.settings = EngineOptionsOf(config_).settings;
  door_options.ready = [this] { return readiness_.Check(); };
  door_options.metrics = [this] { return metrics_.Render(); };
  dtm_http_ = std::make_unique<api::DtmHttpDoor>(
      api::DtmHttpDoor::Parts{
          .engine = engine_.get(),
          .query = opened_.query,
          .gids = &gids_,
          .clock = &clock_,
          .topics = topic_calls_.get(),
          .records = opened_.kv.get(),
      },
      std::move(door_options));
  dtm_http_->AddRoutes(router_);
  api::HttpServerOptions options;
  options.address = config_.http_listen;
  options.max_body_size = LimitsOf(config_).request;
  options.max_connections = static_cast<size_t>(config_.http_max_connections);
  options.on_answer = [this](std::string_view route, int status, base::Duration took) {
    metrics_.OnHttpAnswer(route, status, took);
  };
  auto server = api::HttpServer::Start(options, router_);
  if (!server.ok()) {
    *failure = {ExitCode::kAddress, std::string(server.status().message())};
    return false;
  }
  http_server_ = *std::move(server);
  return true;
}

api::ScrapeFacts Server::Impl::Scrape() {
  api::ScrapeFacts facts;
  facts.now = clock_.Now();
  if (const absl::StatusOr<port::StoreCounts> counts = opened_.query->Count(); counts.ok()) {
    uint64_t open = 0;
    for (const auto& [status, count] : counts->open) open += count;
    facts.open_transactions = open;
    facts.oldest_open = counts->oldest_open;
  }
  AddLanes(engine_->Stats().lanes, facts);
  AddInstances(participants_->List(""), facts);
  if (retention_ != nullptr) {
    facts.retention = {.forgotten = retention_->forgotten(), .failures = retention_->failures()};
  }
  doors_->AddFacts(facts);
  return facts;
}

void Server::Impl::MakeRetention() {
  if (config_.store_retention.micros == 0) return;
  retention_ = std::make_unique<engine::RetentionSweep>(
      engine::RetentionSweep::Ports{
          .store = opened_.retention, .clock = &clock_, .executor = &executor_},
      config_.store_retention);
}

// What the store does not answer is looked at again the next time.
void Server::Impl::FollowOthers() {
  if (opened_.nodes == nullptr) return;
  look_ = std::make_unique<SharedLook>(executor_, clock_,
                                       std::vector<SharedLook::Look>{
                                           [this] { (void)topics_->FollowOthers(); },
                                           [this] { (void)participants_->FollowOthers(); },
                                           [this] { doors_->FollowOthers(); },
                                           [this] { engine_->LookAtOutbox(); },
                                       });
}

// Before this node holds anything: whoever finds that it does has to know where it is.
bool Server::Impl::Announce(StartFailure* failure) {
  if (!opened_.announce) return true;
  const bool given = !config_.node_address.empty();
  const std::string address =
      given ? config_.node_address : WithPort(config_.grpc_listen, grpc_server_->port());
  std::string host;
  int port = 0;
  if (!ParseAddress(address, &host, &port) || host == "0.0.0.0" || host == "::" || port == 0) {
    *failure = {ExitCode::kConfiguration,
                absl::StrCat(given ? "node.address " : "grpc_listen ", address,
                             " is no address that other nodes could dial: set node.address to "
                             "the host:port under which they reach this one")};
    return false;
  }
  const absl::Status announced = opened_.announce(address);
  if (!announced.ok()) *failure = {ExitCode::kStore, std::string(announced.message())};
  return announced.ok();
}

bool Server::Impl::BecomeReady(StartFailure* failure) {
  const std::string grpc = WithPort(config_.grpc_listen, grpc_server_->port());
  const std::string http = WithPort(config_.http_listen, http_server_->port());
  readiness_.SetServing();
  health_.SetUp(true, [this](bool serving) { grpc_server_->SetReady(serving); });
  if (const absl::Status written = WritePortsFile(config_.data_dir, grpc, http); !written.ok()) {
    *failure = {ExitCode::kStore, std::string(written.message())};
    return false;
  }
  ports_written_ = true;
  log_.Info("ready", {{"version", Version()},
                      {"commit", Commit()},
                      {"grpc", grpc},
                      {"http", http},
                      {"store", opened_.store->Name()},
                      {"data_dir", config_.data_dir},
                      {"definitions", static_cast<uint64_t>(definitions_->All().size())}});
  return true;
}

// Work in progress goes on until nothing is out and nothing waits to be stored.
void Server::Impl::WaitForCalls() {
  const absl::Time begin = absl::Now();
  const absl::Time deadline = begin + absl::Microseconds(config_.drain_timeout.micros);
  while (!engine_->Quiet() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
  const engine::EngineStats stats = engine_->Stats();
  const uint64_t took_us = static_cast<uint64_t>(absl::ToInt64Microseconds(absl::Now() - begin));
  if (engine_->Quiet()) {
    log_.Info("drained", {{"took_us", took_us}, {"open_transactions", stats.live}});
  } else {
    log_.Warn("calls are still out after drain_timeout; the next start repeats them",
              {{"took_us", took_us}, {"open_transactions", stats.live}});
  }
}

void Server::Impl::Stop() {
  if (std::exchange(stopped_, true)) return;
  readiness_.SetDraining();
  if (grpc_server_ != nullptr)
    health_.SetUp(false, [this](bool serving) { grpc_server_->SetReady(serving); });
  if (retention_ != nullptr) retention_->Stop();
  look_.reset();
  // Tries of definitions that are out are taken back, for which the engine must still listen.
  if (admin_ != nullptr) admin_->Stop();
  if (doors_ != nullptr) doors_->Halt();
  if (engine_ != nullptr) {
    engine_->StopIntake();
    if (started_) WaitForCalls();
    if (messaging_ != nullptr) messaging_->Stop();
    // Answers those that still wait, so that the doors have nobody left to keep them.
    engine_->Stop();
  }
  if (doors_ != nullptr) doors_->Shutdown();
  // Nothing of ours writes any more: the other nodes take over what is open.
  if (opened_.store != nullptr) opened_.store->Leave();
  health_.SetUp(false, {});
  if (ports_written_) RemovePortsFile(config_.data_dir);
  if (registry_ != nullptr) registry_->Stop();
  if (grpc_server_ != nullptr) grpc_server_->Shutdown(kDoorGrace);
  if (http_server_ != nullptr) http_server_->Stop(kDoorGrace);
  grpc_server_.reset();
  http_server_.reset();
  callers_.reset();
  dtm_http_.reset();
  doors_.reset();
  registry_.reset();
  peer_service_.reset();
  admin_.reset();
  dtm_grpc_.reset();
  engine_.reset();
  peers_.reset();
  messaging_.reset();
  retention_.reset();
  participants_.reset();
  topic_calls_.reset();
  topics_.reset();
  opened_.Close();
}

std::unique_ptr<Server> Server::Start(const LoadedConfig& loaded, Log& log, StartFailure* failure) {
  auto impl = std::make_unique<Impl>(loaded, log);
  if (!impl->Start(failure)) {
    impl->Stop();
    return nullptr;
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { impl_->Stop(); }

void Server::Stop() { impl_->Stop(); }

}  // namespace saga::app
