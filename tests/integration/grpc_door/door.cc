#include "tests/integration/grpc_door/door.h"

#include <chrono>

#include "orchestrator/base/check.h"
#include "orchestrator/port/observer.h"
#include "tests/fixture/silent_observer.h"

namespace saga::integration {

namespace {

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
}

}  // namespace

Door::Door() : observer_(std::make_unique<fixture::SilentObserver>()) {
  engine_ = std::make_unique<engine::Engine>(
      engine::EngineOptions(),
      engine::Engine::Ports{&store_, &caller_, &clock_, &entropy_, &executor_, observer_.get()});
  engine_->Start();
  api::DtmGrpcOptions door;
  door.on_answer = [this](std::string_view rpc, bool ok, base::Duration) {
    absl::MutexLock lock(&mutex_);
    told_.push_back(std::string(rpc) + (ok ? " ok" : " fail"));
  };
  service_ = std::make_unique<api::DtmGrpcService>(*engine_, gids_, topic_calls_, std::move(door));
  api::GrpcServer::Options options;
  options.address = "127.0.0.1:0";
  auto server = api::GrpcServer::Start(options, {{api::kDtmService, service_->service()}});
  SAGA_CHECK(server.ok());
  server_ = *std::move(server);
  channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                                 grpc::InsecureChannelCredentials());
  stub_ = dtmgimp::Dtm::NewStub(channel_);
}

Door::~Door() {
  engine_->Stop();
  server_->Shutdown(base::Seconds(5));
}

std::vector<std::string> Door::told() const {
  absl::MutexLock lock(&mutex_);
  return told_;
}

grpc::Status Door::Submit(const dtmgimp::DtmRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  google::protobuf::Empty reply;
  return stub_->Submit(&context, request, &reply);
}

grpc::Status Door::Prepare(const dtmgimp::DtmRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  google::protobuf::Empty reply;
  return stub_->Prepare(&context, request, &reply);
}

grpc::Status Door::Abort(const dtmgimp::DtmRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  google::protobuf::Empty reply;
  return stub_->Abort(&context, request, &reply);
}

grpc::Status Door::RegisterBranch(const dtmgimp::DtmBranchRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  google::protobuf::Empty reply;
  return stub_->RegisterBranch(&context, request, &reply);
}

std::string Door::NewGid() {
  grpc::ClientContext context;
  SetDeadline(context);
  dtmgimp::DtmGidReply reply;
  const grpc::Status status = stub_->NewGid(&context, google::protobuf::Empty(), &reply);
  return status.ok() ? reply.gid() : status.error_message();
}

dtmgimp::DtmRequest Request(const std::string& gid, const std::string& trans_type, int steps,
                            bool wait) {
  dtmgimp::DtmRequest request;
  request.set_gid(gid);
  request.set_transtype(trans_type);
  request.mutable_transoptions()->set_waitresult(wait);
  std::string list;
  for (int i = 1; i <= steps; ++i) {
    const std::string n = std::to_string(i);
    list += std::string(i == 1 ? "" : ",") + R"({"action":"b/act)" + n +
            R"(","compensate":"b/undo)" + n + "\"}";
    request.add_binpayloads("p" + n);
  }
  request.set_steps(steps == 0 ? "null" : "[" + list + "]");
  return request;
}

dtmgimp::DtmBranchRequest Branch(const std::string& gid, const std::string& id) {
  dtmgimp::DtmBranchRequest request;
  request.set_gid(gid);
  request.set_transtype("tcc");
  request.set_branchid(id);
  (*request.mutable_data())["confirm"] = "b/confirm" + id;
  (*request.mutable_data())["cancel"] = "b/cancel" + id;
  request.set_busipayload("payload" + id);
  return request;
}

}  // namespace saga::integration
