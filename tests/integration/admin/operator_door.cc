#include "tests/integration/admin/operator_door.h"

#include <utility>
#include <vector>

#include "orchestrator/adapter/yaml/definition_loader.h"
#include "orchestrator/base/check.h"
#include "tests/fixture/silent_observer.h"

namespace saga::integration {

namespace {

constexpr char kPay[] = R"(
name: pay
version: 4
description: Pays.
mode: saga
protocol: http
key: {prefix: pay-, fields: [$input.id]}
options: {retry_interval_s: 1000, request_timeout_s: 7, branch_headers: {x-shop: s}}
steps:
  - {name: one, action: "http://p:1/one/action", compensate: "http://p:1/one/compensate",
     payload: {id: $input.id}}
  - {name: two, action: "http://p:1/two/action", compensate: none}
)";
constexpr char kPayAgain[] = R"(
name: pay_again
version: 1
mode: saga
protocol: http
key: {prefix: pay-, fields: [$input.id]}
steps:
  - {name: one, action: "http://p:1/one/action", compensate: none}
)";
constexpr char kNoKey[] = R"(
name: nokey
version: 1
mode: saga
protocol: http
concurrent: true
steps:
  - {name: one, action: "http://p:1/one/action", compensate: none}
  - {name: two, action: "http://p:1/two/action", compensate: none, after: [one]}
)";
constexpr char kReserve[] = R"(
name: reserve
version: 2
mode: tcc
protocol: http
key: {prefix: reserve-, fields: [$input.id]}
options: {request_timeout_s: 7, branch_headers: {x-shop: s}}
steps:
  - name: one
    try: http://p:1/one/try
    confirm: http://p:1/one/confirm
    cancel: http://p:1/one/cancel
    payload: {id: $input.id}
  - name: two
    try: http://p:1/two/try
    confirm: http://p:1/two/confirm
    cancel: http://p:1/two/cancel
)";

std::unique_ptr<api::DefinitionRegistry> Definitions() {
  std::vector<port::LoadedDefinition> all;
  for (const char* text : {kPay, kPayAgain, kNoKey, kReserve}) {
    adapter::LoadedFolder loaded = adapter::LoadDefinition("test.saga.yaml", text);
    SAGA_CHECK(loaded.problems.empty() && loaded.definitions.size() == 1);
    all.push_back(std::move(loaded.definitions.front()));
  }
  return std::make_unique<api::DefinitionRegistry>(std::move(all));
}

}  // namespace

OperatorDoor::OperatorDoor()
    : observer_(std::make_unique<fixture::SilentObserver>()), definitions_(Definitions()) {
  engine_ = std::make_unique<engine::Engine>(
      engine::EngineOptions(),
      engine::Engine::Ports{&store_, &caller_, &clock_, &entropy_, &executor_, observer_.get()});
  engine_->Start();
  service_ = std::make_unique<api::AdminService>(
      api::AdminService::Parts{.engine = engine_.get(),
                               .query = &store_,
                               .caller = &caller_,
                               .clock = &clock_,
                               .definitions = definitions_.get(),
                               .settings = {},
                               .version = "1.2.3",
                               .commit = "abc",
                               .store = store_.Name()});
  api::GrpcServer::Options options;
  options.address = "127.0.0.1:0";
  auto server = api::GrpcServer::Start(options, {{api::kAdminService, service_->service()}});
  SAGA_CHECK(server.ok());
  server_ = *std::move(server);
  stub_ = v1::Admin::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                                                 grpc::InsecureChannelCredentials()));
}

OperatorDoor::~OperatorDoor() {
  engine_->Stop();
  server_->Shutdown(base::Seconds(5));
}

grpc::Status OperatorDoor::Submit(const std::string& definition, const std::string& input,
                                  bool wait, v1::SubmitReply* reply, const std::string& gid) {
  v1::SubmitRequest request;
  request.set_definition(definition);
  request.set_gid(gid);
  request.set_input_json(input);
  request.set_wait(wait);
  *request.mutable_actor() = Actor("because");
  return Call(&v1::Admin::Stub::Submit, request, reply);
}

v1::Transaction OperatorDoor::Get(const std::string& gid) {
  v1::GetRequest request;
  request.set_gid(gid);
  v1::Transaction reply;
  Call(&v1::Admin::Stub::Get, request, &reply);
  return reply;
}

v1::HistoryReply OperatorDoor::History(const std::string& gid) {
  v1::HistoryRequest request;
  request.set_gid(gid);
  v1::HistoryReply reply;
  Call(&v1::Admin::Stub::History, request, &reply);
  return reply;
}

v1::Transaction OperatorDoor::Wait(const std::string& gid) {
  v1::WaitRequest request;
  request.set_gid(gid);
  v1::Transaction reply;
  Call(&v1::Admin::Stub::Wait, request, &reply);
  return reply;
}

v1::Actor OperatorDoor::Actor(const std::string& reason) {
  v1::Actor actor;
  actor.set_user("ann");
  actor.set_host("desk");
  actor.set_tool("test 1.0");
  actor.set_reason(reason);
  return actor;
}

}  // namespace saga::integration
