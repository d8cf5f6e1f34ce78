#include "tests/bench/server/grpc_participant.h"

#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"

namespace saga::bench {
namespace {

constexpr std::chrono::hours kHang{24};
constexpr int kCallsAwaited = 64;  // calls that gRPC may hand over before we ask for more

// One call from its arrival to its answer: wait, read the request, pause if told to, answer.
struct ServedCall {
  enum class Stage { kArriving, kReading, kPausing, kAnswering };

  Stage stage = Stage::kArriving;
  grpc::GenericServerContext context;
  grpc::GenericServerAsyncReaderWriter stream{&context};
  grpc::ByteBuffer request;
  std::unique_ptr<grpc::Alarm> alarm;
  grpc::Status status;
};

class GrpcParticipantServer final : public GrpcParticipant {
 public:
  GrpcParticipantServer(Behaviour& behaviour, CallCounts& counts)
      : behaviour_(behaviour), counts_(counts) {}

  ~GrpcParticipantServer() override {
    if (server_ == nullptr) return;
    stop_.Set(queue_.get(), std::chrono::system_clock::now(), nullptr);
    drained_.WaitForNotification();
    server_->Shutdown(std::chrono::system_clock::now());
    queue_->Shutdown();
    thread_.join();
  }

  absl::Status Start(const Address& listen) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(listen.Text(), grpc::InsecureServerCredentials(), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterAsyncGenericService(&service_);
    queue_ = builder.AddCompletionQueue();
    auto server = builder.BuildAndStart();
    if (server == nullptr || port_ == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", listen.Text()));
    }
    server_ = std::move(server);
    for (int i = 0; i < kCallsAwaited; ++i) AwaitCall();
    thread_ = std::thread([this] { Serve(); });
    return absl::OkStatus();
  }

  [[nodiscard]] int Port() const override { return port_; }

 private:
  void AwaitCall() {
    auto* call = new ServedCall;
    calls_.insert(call);
    service_.RequestCall(&call->context, &call->stream, queue_.get(), queue_.get(), call);
  }

  void Serve() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
      if (tag == nullptr) {
        Drain();
        continue;
      }
      auto* call = static_cast<ServedCall*>(tag);
      if (!Advance(call, ok)) {
        calls_.erase(call);
        delete call;
      }
    }
  }

  // From here on no operation is started, so that the queue may be shut down; pauses end now.
  void Drain() {
    draining_ = true;
    for (ServedCall* call : calls_) {
      if (call->stage == ServedCall::Stage::kPausing) call->alarm->Cancel();
    }
    drained_.Notify();
  }

  // The call's last operation ended. False when there is nothing more to do for it.
  bool Advance(ServedCall* call, bool ok) {
    if (draining_) return false;
    switch (call->stage) {
      case ServedCall::Stage::kArriving:
        if (!ok) return false;
        AwaitCall();
        call->stage = ServedCall::Stage::kReading;
        call->stream.Read(&call->request, call);
        return true;
      case ServedCall::Stage::kReading:
        Treat(call);
        return true;
      case ServedCall::Stage::kPausing:
        Answer(call);
        return true;
      case ServedCall::Stage::kAnswering:
        return false;
    }
    return false;
  }

  void Treat(ServedCall* call) {
    counts_.Add(call->context.method());
    const Behaviour::Treatment treatment = behaviour_.Of(call->context.method());
    if (treatment == Behaviour::Treatment::kFail) {
      call->status = grpc::Status(grpc::StatusCode::ABORTED, "bench failure");
    }
    const std::chrono::milliseconds pause =
        treatment == Behaviour::Treatment::kHang ? kHang : behaviour_.Delay();
    if (pause.count() == 0) {
      Answer(call);
      return;
    }
    call->stage = ServedCall::Stage::kPausing;
    call->alarm = std::make_unique<grpc::Alarm>();
    call->alarm->Set(queue_.get(), std::chrono::system_clock::now() + pause, call);
  }

  void Answer(ServedCall* call) {
    call->stage = ServedCall::Stage::kAnswering;
    if (!call->status.ok()) {
      call->stream.Finish(call->status, call);
      return;
    }
    call->stream.WriteAndFinish(empty_, grpc::WriteOptions(), call->status, call);
  }

  Behaviour& behaviour_;
  CallCounts& counts_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  grpc::Alarm stop_;
  const grpc::Slice nothing_{std::string()};
  const grpc::ByteBuffer empty_{&nothing_, 1};
  // Touched before the thread starts and then only by it.
  std::unordered_set<ServedCall*> calls_;
  bool draining_ = false;
  absl::Notification drained_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcParticipant>> StartGrpcParticipant(const Address& listen,
                                                                      Behaviour& behaviour,
                                                                      CallCounts& counts) {
  auto participant = std::make_unique<GrpcParticipantServer>(behaviour, counts);
  const absl::Status started = participant->Start(listen);
  if (!started.ok()) return started;
  return participant;
}

}  // namespace saga::bench
