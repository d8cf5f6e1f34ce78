#include "tests/bench/server/pass_through.h"

#include <grpcpp/alarm.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"

namespace saga::bench {
namespace {

constexpr int kCallsAwaited = 64;
constexpr std::chrono::seconds kBranchTimeout{3};

struct PassedCall {
  enum class Stage { kArriving, kReading, kCalling, kAnswering };

  Stage stage = Stage::kArriving;
  grpc::GenericServerContext context;
  grpc::GenericServerAsyncReaderWriter stream{&context};
  grpc::ByteBuffer request;
  int branches_called = 0;
  std::optional<grpc::ClientContext> branch_context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> branch_reader;
  grpc::ByteBuffer branch_response;
  grpc::Status branch_status;
};

// A thread's share of the server: its queue, the calls on it, and its way to the participant.
class Worker {
 public:
  Worker(const PassThroughOptions& options, grpc::AsyncGenericService& service,
         std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : branches_(options.branches), service_(service), queue_(std::move(queue)) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    participant_.emplace(grpc::CreateCustomChannel(
        options.participant.Text(), grpc::InsecureChannelCredentials(), arguments));
  }

  void Start() {
    for (int i = 0; i < kCallsAwaited; ++i) AwaitCall();
    thread_ = std::thread([this] { Serve(); });
  }
  // No operation is started after this returns.
  void Drain() {
    stop_.Set(queue_.get(), std::chrono::system_clock::now(), nullptr);
    drained_.WaitForNotification();
  }
  void Join() {
    queue_->Shutdown();
    thread_.join();
  }

 private:
  void AwaitCall() {
    auto* call = new PassedCall;
    service_.RequestCall(&call->context, &call->stream, queue_.get(), queue_.get(), call);
  }

  void Serve() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
      if (tag == nullptr) {
        draining_ = true;
        drained_.Notify();
        continue;
      }
      auto* call = static_cast<PassedCall*>(tag);
      if (!Advance(call, ok)) delete call;
    }
  }

  // The call's last operation ended. False when there is nothing more to do for it.
  bool Advance(PassedCall* call, bool ok) {
    if (draining_) return false;
    switch (call->stage) {
      case PassedCall::Stage::kArriving:
        if (!ok) return false;
        AwaitCall();
        call->stage = PassedCall::Stage::kReading;
        call->stream.Read(&call->request, call);
        return true;
      case PassedCall::Stage::kReading:
      case PassedCall::Stage::kCalling:
        if (call->branch_status.ok() && call->branches_called < branches_) {
          CallBranch(call);
        } else {
          Answer(call);
        }
        return true;
      case PassedCall::Stage::kAnswering:
        return false;
    }
    return false;
  }

  void CallBranch(PassedCall* call) {
    ++call->branches_called;
    call->stage = PassedCall::Stage::kCalling;
    call->branch_context.emplace();
    call->branch_context->set_deadline(std::chrono::system_clock::now() + kBranchTimeout);
    call->branch_response.Clear();
    call->branch_reader = participant_->PrepareUnaryCall(
        &*call->branch_context, "/bench.Participant/Action", payload_, queue_.get());
    call->branch_reader->StartCall();
    call->branch_reader->Finish(&call->branch_response, &call->branch_status, call);
  }

  void Answer(PassedCall* call) {
    call->stage = PassedCall::Stage::kAnswering;
    if (!call->branch_status.ok()) {
      call->stream.Finish(call->branch_status, call);
      return;
    }
    call->stream.WriteAndFinish(empty_, grpc::WriteOptions(), grpc::Status::OK, call);
  }

  const int branches_;
  grpc::AsyncGenericService& service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::optional<grpc::GenericStub> participant_;
  const grpc::Slice nothing_{std::string()};
  const grpc::ByteBuffer empty_{&nothing_, 1};
  const grpc::Slice payload_slice_{std::string(32, 'p')};
  const grpc::ByteBuffer payload_{&payload_slice_, 1};
  grpc::Alarm stop_;
  bool draining_ = false;  // touched by the thread only
  absl::Notification drained_;
  std::thread thread_;
};

class PassThroughServer final : public PassThrough {
 public:
  ~PassThroughServer() override {
    if (server_ == nullptr) return;
    for (const auto& worker : workers_) worker->Drain();
    server_->Shutdown(std::chrono::system_clock::now());
    for (const auto& worker : workers_) worker->Join();
  }

  absl::Status Start(const PassThroughOptions& options) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options.listen.Text(), grpc::InsecureServerCredentials(), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterAsyncGenericService(&service_);
    for (int i = 0; i < options.threads; ++i) {
      workers_.push_back(
          std::make_unique<Worker>(options, service_, builder.AddCompletionQueue()));
    }
    auto server = builder.BuildAndStart();
    if (server == nullptr || port_ == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", options.listen.Text()));
    }
    server_ = std::move(server);
    for (const auto& worker : workers_) worker->Start();
    return absl::OkStatus();
  }

  [[nodiscard]] int Port() const override { return port_; }

 private:
  grpc::AsyncGenericService service_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PassThrough>> StartPassThrough(const PassThroughOptions& options) {
  auto server = std::make_unique<PassThroughServer>();
  const absl::Status started = server->Start(options);
  if (!started.ok()) return started;
  return server;
}

}  // namespace saga::bench
