#include "tests/integration/http_door/http_door.h"

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "orchestrator/base/check.h"

namespace saga::integration {

namespace {

Reply ToReply(std::optional<saga::testing::RawResponse> response) {
  if (!response.has_value()) return {};
  return {response->status, std::move(response->body), response->headers["content-type"]};
}

}  // namespace

HttpDoor::HttpDoor(const engine::EngineOptions& options) {
  metrics_ = std::make_unique<api::Metrics>(api::Metrics::Options{
      .version = "1.2.3", .grpc_version = "9.8", .scrape = [this] { return Scrape(); }});
  engine_ = std::make_unique<engine::Engine>(
      options,
      engine::Engine::Ports{&store_, &caller_, &clock_, &entropy_, &executor_, metrics_.get()});
  engine_->Start();
  api::DtmHttpOptions door;
  door.version = "1.2.3";
  door.ready = [this] {
    absl::MutexLock lock(&mutex_);
    return ready_;
  };
  door.metrics = [this] { return metrics_->Render(); };
  door_ = std::make_unique<api::DtmHttpDoor>(
      api::DtmHttpDoor::Parts{engine_.get(), &store_.query(), &gids_, &clock_, &topic_calls_,
                              &records_},
      std::move(door));
  door_->AddRoutes(router_);
  api::HttpServerOptions server;
  server.address = "127.0.0.1:0";
  server.on_answer = [this](std::string_view route, int status, base::Duration took) {
    metrics_->OnHttpAnswer(route, status, took);
  };
  auto started = api::HttpServer::Start(server, router_);
  SAGA_CHECK(started.ok());
  server_ = *std::move(started);
}

HttpDoor::~HttpDoor() {
  engine_->Stop();
  server_->Stop(base::Seconds(5));
}

void HttpDoor::SetReady(absl::Status ready) {
  absl::MutexLock lock(&mutex_);
  ready_ = std::move(ready);
}

api::ScrapeFacts HttpDoor::Scrape() {
  api::ScrapeFacts facts{.now = clock_.Now()};
  const auto counts = store_.query().Count();
  if (counts.ok()) {
    facts.open_transactions = 0;
    for (const auto& [status, count] : counts->open) *facts.open_transactions += count;
    facts.oldest_open = counts->oldest_open;
  }
  for (const engine::LaneStats& lane : engine_->Stats().lanes) {
    facts.lanes.push_back({lane.destination, lane.in_flight, lane.queued});
  }
  return facts;
}

Reply HttpDoor::Get(const std::string& target) {
  return ToReply(saga::testing::RawHttp(server_->port()).Get(target));
}

Reply HttpDoor::Post(const std::string& target, const std::string& body) {
  return ToReply(saga::testing::RawHttp(server_->port()).Post(target, body));
}

nlohmann::json HttpDoor::Query(const std::string& gid) {
  return Get("/api/dtmsvr/query?gid=" + gid).Json();
}

bool HttpDoor::Reaches(const std::string& gid, const std::string& status) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (absl::Now() < deadline) {
    const nlohmann::json shown = Query(gid);
    if (shown["transaction"].is_object() && shown["transaction"]["status"] == status) return true;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return false;
}

nlohmann::json Request(const std::string& gid, const std::string& trans_type, int steps,
                       bool wait) {
  nlohmann::json request = {
      {"gid", gid}, {"trans_type", trans_type}, {"wait_result", wait}, {"concurrent", false}};
  for (int i = 1; i <= steps; ++i) {
    const std::string n = std::to_string(i);
    request["steps"].push_back(
        {{"action", "http://b/act" + n}, {"compensate", "http://b/undo" + n}});
    request["payloads"].push_back("p" + n);
  }
  return request;
}

nlohmann::json Branch(const std::string& gid, const std::string& id) {
  return {{"gid", gid},
          {"trans_type", "tcc"},
          {"branch_id", id},
          {"confirm", "http://b/confirm" + id},
          {"cancel", "http://b/cancel" + id},
          {"data", "payload" + id}};
}

}  // namespace saga::integration
