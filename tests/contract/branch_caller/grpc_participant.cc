#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <set>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "orchestrator/base/check.h"
#include "tests/contract/branch_caller/participant.h"

namespace saga::tests {
namespace {

class GrpcParticipant final : public Participant, private grpc::CallbackGenericService {
 public:
  GrpcParticipant(Participant::Handler handler, int port)
      : handler_(std::move(handler)), port_(port) {
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 1 << 20);
    builder.SetMaxReceiveMessageSize(64 << 20);
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    SAGA_CHECK(server_ != nullptr && port_ != 0);
  }

  ~GrpcParticipant() override { Stop(); }

  int port() const override { return port_; }

  size_t connections() const override {
    absl::MutexLock lock(&mutex_);
    return peers_.size();
  }

  std::vector<SeenCall> seen() const override {
    absl::MutexLock lock(&mutex_);
    return seen_;
  }

  void Kill() override { Stop(); }

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(GrpcParticipant& participant, SeenCall call)
        : participant_(participant), call_(std::move(call)) {
      StartRead(&request_);
    }

    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status(grpc::StatusCode::INTERNAL, "no request"));
      std::vector<grpc::Slice> slices;
      SAGA_CHECK(request_.Dump(&slices).ok());
      for (const grpc::Slice& slice : slices) {
        call_.body.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
      }
      const Answer answer = participant_.Take(call_);
      if (answer.kind == Answer::Kind::kHang) return Hang();
      if (answer.code != 0)
        return Finish(grpc::Status(static_cast<grpc::StatusCode>(answer.code), answer.text));
      const grpc::Slice reply(answer.reply.data(), answer.reply.size());
      reply_ = grpc::ByteBuffer(&reply, 1);
      StartWriteAndFinish(&reply_, {}, grpc::Status::OK);
    }

    void OnCancel() override {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      if (hanging_) Finish(grpc::Status::CANCELLED);
    }

    void OnDone() override { delete this; }

   private:
    void Hang() {
      absl::MutexLock lock(&mutex_);
      hanging_ = true;
      if (cancelled_) Finish(grpc::Status::CANCELLED);
    }

    GrpcParticipant& participant_;
    SeenCall call_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer reply_;
    absl::Mutex mutex_;
    bool hanging_ ABSL_GUARDED_BY(mutex_) = false;
    bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    SeenCall call;
    call.target = context->method();
    for (const auto& [name, value] : context->client_metadata()) {
      call.headers.emplace(std::string(name.data(), name.size()),
                           std::string(value.data(), value.size()));
    }
    {
      absl::MutexLock lock(&mutex_);
      peers_.insert(context->peer());
    }
    return new Reactor(*this, std::move(call));
  }

  Answer Take(const SeenCall& call) {
    {
      absl::MutexLock lock(&mutex_);
      seen_.push_back(call);
    }
    return handler_(call);
  }

  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }

  const Participant::Handler handler_;
  int port_;
  std::unique_ptr<grpc::Server> server_;
  mutable absl::Mutex mutex_;
  std::set<std::string> peers_ ABSL_GUARDED_BY(mutex_);
  std::vector<SeenCall> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Participant> StartGrpcParticipant(Participant::Handler handler, int port) {
  return std::make_unique<GrpcParticipant>(std::move(handler), port);
}

}  // namespace saga::tests
