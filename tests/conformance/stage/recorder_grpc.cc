#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "orchestrator/base/check.h"
#include "tests/conformance/stage/recorder_doors.h"

namespace saga::conformance {
namespace {

// One call. Answers once, or hangs until it is cancelled; deletes itself at its end.
class ServedCall final : public grpc::ServerGenericBidiReactor {
 public:
  ServedCall(RecorderMemory& memory, const grpc::GenericCallbackServerContext& context)
      : memory_(memory) {
    call_.transport = "grpc";
    call_.method = "POST";
    call_.path = context.method();
    for (const auto& [name, value] : context.client_metadata()) {
      call_.headers[{name.data(), name.size()}] = {value.data(), value.size()};
    }
    call_.gid = Metadata("dtm-gid");
    call_.trans_type = Metadata("dtm-trans_type");
    call_.branch_id = Metadata("dtm-branch_id");
    call_.op = Metadata("dtm-op");
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    call_.arrived = absl::Now();
    std::vector<grpc::Slice> slices;
    if (ok && request_.Dump(&slices).ok()) {
      for (const grpc::Slice& slice : slices) {
        call_.body.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
      }
    }
    const Reply reply = memory_.Take(std::move(call_));
    if (reply.hang) {
      Hang();
    } else if (reply.grpc_code != 0) {
      Finish({static_cast<grpc::StatusCode>(reply.grpc_code), reply.grpc_message});
    } else {
      StartWriteAndFinish(&empty_, {}, grpc::Status::OK);
    }
  }

  void OnCancel() override {
    bool finish = false;
    {
      absl::MutexLock lock(&mutex_);
      finish = hanging_;
      cancelled_ = true;
    }
    if (finish) Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { delete this; }

 private:
  void Hang() {
    bool finish = false;
    {
      absl::MutexLock lock(&mutex_);
      finish = cancelled_;
      hanging_ = true;
    }
    if (finish) Finish(grpc::Status::CANCELLED);
  }

  std::string Metadata(const std::string& name) const {
    const auto found = call_.headers.find(name);
    return found == call_.headers.end() ? "" : found->second;
  }

  RecorderMemory& memory_;
  Call call_;
  grpc::ByteBuffer request_;
  const grpc::Slice nothing_{std::string()};
  grpc::ByteBuffer empty_{&nothing_, 1};
  absl::Mutex mutex_;
  bool hanging_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

class GrpcDoor final : public RecorderDoor, public grpc::CallbackGenericService {
 public:
  explicit GrpcDoor(RecorderMemory& memory) : memory_(memory) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    SAGA_CHECK(server_ != nullptr && port_ != 0);
  }

  ~GrpcDoor() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  int port() const override { return port_; }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new ServedCall(memory_, *context);
  }

 private:
  RecorderMemory& memory_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::unique_ptr<RecorderDoor> OpenGrpcDoor(RecorderMemory& memory) {
  return std::make_unique<GrpcDoor>(memory);
}

}  // namespace saga::conformance
